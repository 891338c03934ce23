import { isIPv4 } from 'node:net'
import { UsageError } from '../../core/user-error.js'

/** Prefixes that S3 reserves, and suffixes of buckets and access points that this API does not serve. */
const reserved = /^(?:xn--|sthree-|amzn-s3-demo-)|(?:--ol-s3|\.mrap|--x-s3|--table-s3)$/

/** The alias of an access point, which replaces the bucket name in every request except CreateBucket. */
const alias = /-s3alias$/

/** Reasons for reserved suffixes. */
const otherKinds: [suffix: string, reason: string][] = [
    ['.mrap', 'a multi-region access point needs another signature (SigV4A), so use one of its buckets'],
    ['--x-s3', 'a directory bucket has another API, so use a general purpose bucket'],
    ['--table-s3', 'a table bucket holds no objects, so use a general purpose bucket'],
    ['--ol-s3', 'an Object Lambda access point cannot be written to, so use the alias of its access point'],
]

/**
 * The name of a bucket, checked against S3's rules.
 *
 * @throws UsageError that names the rule
 * @see Amazon S3 User Guide, "General purpose bucket naming rules"
 */
export function parseBucketName(name: string): string {
    const broken = brokenRule(name)
    if (broken !== undefined) {
        throw new UsageError(
            `${JSON.stringify(name)} cannot be the name of a bucket: ${broken}`,
            'Bucket names: 3 to 63 of a-z, 0-9, "-" and ".", with a letter or digit at both ends.',
        )
    }
    return name
}

function brokenRule(name: string): string | undefined {
    if (name.startsWith('s3://')) return 'leave out "s3://"'
    if (name.length < 3 || name.length > 63) return `it has ${name.length} characters`
    if (!/^[a-z0-9.-]+$/.test(name)) {
        const arn = name.startsWith('arn:')
            ? '; of an ARN, use the name of the bucket or the alias of the access point'
            : ''
        return 'it has characters other than a-z, 0-9, "-" and "."' + arn
    }
    if (!/^[a-z0-9].*[a-z0-9]$/.test(name)) return 'it must begin and end with a letter or a digit'
    if (name.includes('..')) return 'it has two dots in a row'
    if (isIPv4(name)) return 'it looks like an IP address'
    if (!reserved.test(name)) return undefined
    const why = otherKinds.find(([suffix]) => name.endsWith(suffix))?.[1]
    return `S3 reserves such names${why === undefined ? '' : `: ${why}`}`
}

/** Whether a name is an access point alias, which cannot be created as a bucket. */
export function isAccessPointAlias(name: string): boolean {
    return alias.test(name)
}
