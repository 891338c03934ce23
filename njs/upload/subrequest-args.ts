import type { SignedRequest } from './s3-request.js'
import { uploadHeaders } from './s3-headers.js'

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
