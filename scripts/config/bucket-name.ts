import { isIPv4 } from 'node:net'
import { UsageError } from '../cli/user-error.js'

/** Prefixes and suffixes that S3 keeps for itself, and directory buckets, which need another API. */
const reserved = /^(?:xn--|sthree-|amzn-s3-demo-)|(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/

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
    if (!/^[a-z0-9.-]+$/.test(name)) return 'it has other characters than a-z, 0-9, "-" and "."'
    if (!/^[a-z0-9].*[a-z0-9]$/.test(name)) return 'it must begin and end with a letter or a digit'
    if (name.includes('..')) return 'it has two dots in a row'
    if (isIPv4(name)) return 'it looks like an IP address'
    if (reserved.test(name)) return 'S3 keeps such names for itself'
    return undefined
}
