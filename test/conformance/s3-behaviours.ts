import { createHash } from 'node:crypto'
import type { S3Name } from '../support/s3/s3-servers.js'
import type { S3Message, S3RequestOptions } from '../support/s3/signed-request.js'

/** What a server answers: the status, and the error's code where there is one. */
export type Outcome = number | `${number} ${string}`

/** A behaviour: its name, the request (a GET of the key `object` unless it says more), and the answer. */
export type Behaviour = readonly [name: string, request: S3RequestOptions, expected: Expected]

/** The outcome of all servers, but for those that differ, by their names. */
type Expected = Outcome | ({ readonly [name in S3Name]?: Outcome } & { readonly all: Outcome })

/** The outcome that is expected of one server. */
export function expectedOf(server: S3Name, expected: Expected): Outcome {
    return typeof expected === 'object' ? (expected[server] ?? expected.all) : expected
}

/** What the key `object` holds. */
export const content = 'hello, bucket'

const hexMd5 = createHash('md5').update(content).digest('hex')
const etag = `"${hexMd5}"`
const now = Date.now()
const minutes = (count: number): Date => new Date(now + count * 60_000)
const httpDate = (count: number): string => minutes(count).toUTCString()

/** For both signatures, in both styles. */
export const signatures: Behaviour[] = [
    ['the right secret', {}, 200],
    ['a wrong secret', { secretAccessKey: 'wrong' }, '403 SignatureDoesNotMatch'],
    // Swift knows no keys before it has compared signatures.
    [
        'an unknown key',
        { accessKeyId: 'unknown:key' },
        { all: '403 InvalidAccessKeyId', swift: '403 SignatureDoesNotMatch' },
    ],
    ['a clock 14 minutes behind', { time: minutes(-14) }, 200],
    ['a clock 14 minutes ahead', { time: minutes(14) }, 200],
    ['a clock 16 minutes behind', { time: minutes(-16) }, '403 RequestTimeTooSkewed'],
    ['a clock 16 minutes ahead', { time: minutes(16) }, '403 RequestTimeTooSkewed'],
    ['another key than was signed', { tamper: sendTo('object', 'other') }, '403 SignatureDoesNotMatch'],
    ['another method than was signed', { method: 'HEAD', tamper: sendAs('GET') }, '403 SignatureDoesNotMatch'],
    ['another date than was signed', { time: minutes(-1), tamper: sendDate }, '403 SignatureDoesNotMatch'],
    ['a sub-resource that was not signed', { tamper: sendTo(/$/, '?acl') }, '403 SignatureDoesNotMatch'],
    ['every byte of the key escaped', { key: '%6f%62%6a%65%63%74' }, 200],
]

/** For Version 4 alone. */
export const signatureV4: Behaviour[] = [
    ['no signature', { signature: 'none' }, { all: '403 AccessDenied', swift: 400 }],
    ['another region', { region: 'eu-west-1' }, { all: '400 AuthorizationHeaderMalformed', rgw: 200 }],
    [
        'an amz header that was not signed',
        { tamper: ({ headers }) => void (headers['x-amz-meta-added'] = 'x') },
        { all: '403 AccessDenied', rgw: 200 },
    ],
    ['a presigned URL', { signature: 'presigned' }, 200],
    [
        'a presigned URL with a wrong secret',
        { signature: 'presigned', secretAccessKey: 'wrong' },
        '403 SignatureDoesNotMatch',
    ],
    ['a presigned URL within its time', { signature: 'presigned', time: minutes(-30), expires: 3600 }, 200],
    ['a presigned URL after its time', { signature: 'presigned', time: minutes(-2), expires: 60 }, '403 AccessDenied'],
    [
        'a presigned URL whose time was changed',
        { signature: 'presigned', tamper: sendTo('Expires=60', 'Expires=600') },
        '403 SignatureDoesNotMatch',
    ],
    [
        'another body than was signed',
        { method: 'PUT', key: 'refused', body: 'x', tamper: (message) => void (message.body = Buffer.from('y')) },
        { all: '400 XAmzContentSHA256Mismatch', swift: '400 BadDigest' },
    ],
]

/** Reads, and what stands in their way. */
export const reads: Behaviour[] = [
    ['a key that is not there', { key: 'absent' }, '404 NoSuchKey'],
    ['HEAD of a key that is not there', { method: 'HEAD', key: 'absent' }, 404],
    ['a bucket that is not there', { bucket: 'no-such-bucket' }, '404 NoSuchBucket'],
    ['a list of a bucket that is not there', { bucket: 'no-such-bucket', key: undefined }, '404 NoSuchBucket'],
    ['a range that starts beyond the end', { headers: { range: 'bytes=13-' } }, '416 InvalidRange'],
    ['a range of another unit', { headers: { range: 'lines=1-2' } }, 200],
    ['If-Match, the tag', { headers: { 'if-match': etag } }, 200],
    ['If-Match, the tag without quotes', { headers: { 'if-match': hexMd5 } }, 200],
    ['If-Match, another tag', { headers: { 'if-match': '"other"' } }, '412 PreconditionFailed'],
    ['If-None-Match, the tag', { headers: { 'if-none-match': etag } }, 304],
    ['If-None-Match, another tag', { headers: { 'if-none-match': '"other"' } }, 200],
    ['If-Modified-Since, before', { headers: { 'if-modified-since': httpDate(-60) } }, 200],
    ['If-Modified-Since, after', { headers: { 'if-modified-since': httpDate(1) } }, 304],
    ['If-Unmodified-Since, before', { headers: { 'if-unmodified-since': httpDate(-60) } }, '412 PreconditionFailed'],
    ['If-Unmodified-Since, after', { headers: { 'if-unmodified-since': httpDate(1) } }, 200],
    [
        'If-None-Match counts, not If-Modified-Since',
        { headers: { 'if-none-match': '"other"', 'if-modified-since': httpDate(1) } },
        { all: 200, swift: 304 },
    ],
    [
        'If-Match counts, not If-Unmodified-Since',
        { headers: { 'if-match': etag, 'if-unmodified-since': httpDate(-60) } },
        { all: 200, swift: '412 PreconditionFailed' },
    ],
]

/** Writes that are refused, or change nothing. */
export const writes: Behaviour[] = [
    ['to a bucket that is not there', { method: 'PUT', bucket: 'no-such-bucket', body: 'x' }, '404 NoSuchBucket'],
    ['another Content-MD5', { method: 'PUT', key: 'refused', body: 'x', headers: md5Header('y') }, '400 BadDigest'],
    [
        'a Content-MD5 that is none',
        { method: 'PUT', key: 'refused', body: 'x', headers: { 'content-md5': 'AAAA' } },
        '400 InvalidDigest',
    ],
    ['delete a key that is not there', { method: 'DELETE', key: 'absent' }, 204],
    ['delete a bucket that is not empty', { method: 'DELETE', key: undefined }, '409 BucketNotEmpty'],
    [
        'create a bucket that is there',
        { method: 'PUT', key: undefined },
        { all: '409 BucketAlreadyOwnedByYou', rgw: 200 },
    ],
    [
        'create a bucket whose name breaks the rules',
        { method: 'PUT', bucket: 'A_b', key: undefined },
        '400 InvalidBucketName',
    ],
]

/** Conditional writes of `object`, which all put the content that it has. Swift answers 501 to each. */
export const conditionalWrites: Behaviour[] = [
    ['If-None-Match: * to a key that is there', put({ 'if-none-match': '*' }), '412 PreconditionFailed'],
    ['If-None-Match: * to a new key', { ...put({ 'if-none-match': '*' }), key: 'new' }, 200],
    // Ceph 16 compares the quotes too.
    ['If-Match, the tag', put({ 'if-match': etag }), { all: 200, rgw: '412 PreconditionFailed' }],
    ['If-Match, the tag without quotes', put({ 'if-match': hexMd5 }), 200],
    ['If-Match, another tag', put({ 'if-match': hexMd5.replace(/./g, '0') }), '412 PreconditionFailed'],
    // The Amazon S3 User Guide has 404 for this.
    [
        'If-Match to a key that is not there',
        { ...put({ 'if-match': hexMd5 }), key: 'absent' },
        { all: '404 NoSuchKey', rgw: '412 PreconditionFailed' },
    ],
]

function put(headers: Record<string, string>): S3RequestOptions {
    return { method: 'PUT', body: content, headers }
}

function md5Header(text: string): Record<string, string> {
    return { 'content-md5': createHash('md5').update(text).digest('base64') }
}

function sendTo(from: string | RegExp, to: string): (message: S3Message) => void {
    return (message) => void (message.path = message.path.replace(from, to))
}

function sendAs(method: string): (message: S3Message) => void {
    return (message) => void (message.method = method)
}

/** Now, in the form that the header has. */
function sendDate({ headers }: S3Message): void {
    const isV2 = headers['x-amz-date']?.includes('GMT')
    headers['x-amz-date'] = isV2
        ? httpDate(0)
        : minutes(0)
              .toISOString()
              .replace(/[-:]|\.\d+/g, '')
}
