import { S3Error } from './errors.js'
import type { Headers } from './request.js'

const storedHeaders = new Set(['cache-control', 'content-disposition', 'content-language', 'content-type', 'expires'])

/** Headers for features that this server lacks. Such requests are refused, since ignoring the headers would be wrong. */
const refusedHeaders =
    /^x-amz-(grant-|object-lock-|server-side-encryption-customer-|tagging$|website-redirect-location$|write-offset-bytes$)/

/**
 * The headers that are stored with an object and returned with it.
 * @throws S3Error NotImplemented for a header of an unsupported feature
 */
export function headersToStore(headers: Headers): Record<string, string> {
    const stored: Record<string, string> = { 'content-type': 'binary/octet-stream' }
    for (const [name, value] of headers) {
        if (refusedHeaders.test(name)) {
            throw new S3Error('NotImplemented', 'A header you provided implies functionality that is not implemented', {
                Header: name,
            })
        }
        if (storedHeaders.has(name) || name.startsWith('x-amz-meta-')) stored[name] = value
    }
    // aws-chunked describes the upload, not the object.
    const encodings = (headers.get('content-encoding') ?? '').split(',').map((encoding) => encoding.trim())
    const encoding = encodings.filter((name) => name !== '' && name !== 'aws-chunked').join(', ')
    if (encoding !== '') stored['content-encoding'] = encoding
    return stored
}
