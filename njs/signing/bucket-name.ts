/** 3 to 63 of `a-z0-9.-`, a letter or digit at both ends. @see Amazon S3 User Guide, "Bucket naming rules" */
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/**
 * The bucket to ask.
 *
 * @param override `AWS_S3_BUCKET` of the environment, which wins when it is set
 * @param configured the bucket that site.conf names
 * @throws Error when the override could not be a bucket: it must not lead out of a path or a host name
 */
export function bucketFrom(override: string | undefined, configured: string): string {
    const name = override === undefined ? '' : override.trim()
    if (name === '' || name === configured) return configured
    if (!bucketName.test(name) || name.indexOf('..') >= 0) throw new Error('AWS_S3_BUCKET is not the name of a bucket')
    return name
}
