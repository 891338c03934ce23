import type { SignedRequest } from './s3-request.js'

/**
 * The headers that requests to S3 may have. upload.conf sends each from the argument of its name, with `_` for `-`; S3 gets
 * no other.
 */
export const uploadHeaders = [
    'host',
    'authorization',
    'cache-control',
    'content-encoding',
    'content-md5',
    'content-type',
    'if-match',
    'if-none-match',
    'x-amz-content-sha256',
    'x-amz-copy-source',
    'x-amz-copy-source-range',
    'x-amz-date',
    'x-amz-meta-core-metadata-md5',
    'x-amz-meta-core-metadata-sha256',
    'x-amz-meta-index-json-etag',
    'x-amz-meta-md5',
    'x-amz-meta-requires-python',
    'x-amz-meta-sha256',
    'x-amz-meta-upload-time',
    'x-amz-meta-uploaded-by',
    'x-amz-security-token',
]

/**
 * The arguments of a subrequest to S3, which upload.conf takes apart: `NAME=VALUE&…&target=PATH?QUERY`. nginx reads them as
 * they are, without decoding, so no value may hold `&` or a control character.
 *
 * @throws Error for a header that upload.conf does not send: S3 would refuse the signature
 */
export function subrequestArgs({ target, headers }: SignedRequest, contentLength: string): string {
    const args = headers.map(([name, value]) => {
        if (uploadHeaders.indexOf(name) < 0) throw new Error(`no request to S3 has the header ${name}`)
        if (/[&\x00-\x1f\x7f]/.test(value)) throw new Error(`the header ${name} cannot be sent`)
        return `${name.replaceAll('-', '_')}=${value}`
    })
    return [...args, `length=${contentLength}`, `target=${target}`].join('&')
}
