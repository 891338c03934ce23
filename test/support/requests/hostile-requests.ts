/** Bytes of a request, the statuses of the answers to it, and what S3 saw of it, below the prefix. */
export type HostileRequest = [name: string, bytes: string, statuses: number[], seen: string[]]

/** A request with these lines after its own; FILE is a name that no other row has. */
const get = (target: string, ...headers: string[]) => message(`GET ${target} HTTP/1.1`, 'Host: x', ...headers)
const message = (...lines: string[]) => [...lines, 'Connection: close', '', ''].join('\r\n')
const FILE = ['GET demo/FILE']

const targets: HostileRequest[] = [
    ['absolute form', get('http://other.example/demo/FILE'), [200], FILE],
    ['absolute form, for a host of the network', get('http://169.254.169.254/latest/meta-data/iam/'), [404], []],
    ['absolute form, with a user', get('http://user:password@other.example/demo/FILE'), [400], []],
    ['absolute form, of another scheme', get('ftp://other.example/demo/FILE'), [200], FILE],
    ['absolute form, without a path', get('http://other.example'), [200], ['GET index.html']],
    ['authority form', message('CONNECT s3.amazonaws.com:443 HTTP/1.1', 'Host: x'), [400, 405], []],
    ['asterisk form', message('OPTIONS * HTTP/1.1', 'Host: x'), [400, 405], []],
    ['no slash', get('demo/FILE'), [400], []],
    ['a host in the path', get('//other.example/demo/FILE'), [404], []],
    ['dots before the root', get('/../../etc/passwd'), [400], []],
    ['encoded dots before the root', get('/%2e%2e/%2E%2e/etc/passwd'), [400], []],
    ['dots after an index', get('/simple/../demo/FILE'), [200], FILE],
    ['dots and encoded slashes', get('/demo/..%2f..%2f..%2fother-bucket%2fFILE'), [400], []],
    ['encoded dot, plain dot', get('/demo/%2e./.%2e/%2e%2e/other-bucket/FILE'), [400], []],
    ['dots encoded twice', get('/demo/%252e%252e'), [200], ['GET demo/%252e%252e']],
    ['dots and slashes encoded twice', get('/demo/..%252f..%252fFILE'), [200], ['GET demo/..%252f..%252fFILE']],
    ['slashes encoded twice, between segments', get('/demo/%252e%252e/FILE'), [404], []],
    ['dots and a parameter', get('/demo/..;/FILE'), [404], []],
    ['dots in overlong UTF-8', get('/demo/%c0%ae%c0%ae%c0%afFILE'), [404], []],
    ['dots in UTF-16 of old servers', get('/demo/%u002e%u002e%u2215FILE'), [400], []],
    ['a surrogate in UTF-8', get('/demo/%ed%a0%80FILE'), [404], []],
    ['a pair of surrogates in UTF-8', get('/demo/%ed%a0%80%ed%b0%80FILE'), [404], []],
    ['what that pair would stand for', get('/demo/%f0%90%80%80FILE'), [200], ['GET demo/%F0%90%80%80FILE']],
    ['the folder of a project', get('/demo/.'), [200], ['GET demo/index.html']],
    ['the folder above', get('/demo/..'), [200], ['GET index.html']],
    ['a slash behind a file', get('/demo/FILE/'), [404], []],
    ['a file of dots', get('/demo/...'), [200], ['GET demo/...']],
    ['NUL', get('/demo/FILE%00.whl'), [400, 404], []],
    ['a NUL that is not encoded', get('/demo/FILE\0.whl'), [400], []],
    ['the name of a location', get('/@public_index'), [404], []],
    ['an internal location', get('/-/s3-bucket'), [404], []],
    ['a marker of an unlisted project', get('/-/unlisted/demo'), [404], []],
    ['a marker of an unlisted project, below /simple/', get('/simple/-/unlisted/demo'), [404], []],
    ['the folder of the signer', get('/private/signer.sock'), [200], ['GET private/signer.sock']],
]

const splitting: HostileRequest[] = [
    ['an encoded line break', get('/demo/FILE%0d%0aX-Amz-Acl:%20public-read'), [404], []],
    ['an encoded request', get('/demo/FILE%20HTTP%2f1.1%0d%0a%0d%0aDELETE%20%2fx'), [404], []],
    ['an encoded line break in the query', get('/demo/FILE?%0d%0aX-Amz-Acl:%20public-read'), [200], FILE],
    ['an encoded line break in a name to be normalised', get('/Demo/FILE%0d%0aX:%20y'), [404], []],
    ['an encoded line break in the project', get('/De%0d%0aX:mo/FILE'), [404], []],
    ['a space', get('/demo/FILE HTTP/1.1 x'), [400], []],
    ['a carriage return', get('/demo/FILE\rX: y'), [400], []],
    // What comes before it is a request of HTTP/0.9, whose answer has no status; what comes after is not read.
    ['a line break', get('/demo/FILE\nX-Amz-Acl: public-read\nX:'), [], FILE],
    ['a carriage return in a header', get('/demo/FILE', 'Range: bytes=0-1\rX-Amz-Acl: public-read'), [400], []],
    ['NUL in a header', get('/demo/FILE', 'Range: bytes=0-1\0'), [400], []],
    ['a continued header', get('/demo/FILE', 'Range: bytes=0-1', ' X-Amz-Acl: public-read'), [400], []],
    ['a header with a space in its name', get('/demo/FILE', 'Range : bytes=0-1'), [400], []],
    ['a header without a name', get('/demo/FILE', ': value'), [400], []],
    ['a header with underscores', get('/demo/FILE', 'X_Amz_Acl: public-read'), [200], FILE],
]

const hosts: HostileRequest[] = [
    ['another bucket', message('GET /demo/FILE HTTP/1.1', 'Host: other-bucket.s3.amazonaws.com'), [200], FILE],
    ['none', message('GET /demo/FILE HTTP/1.1'), [400], []],
    ['two', get('/demo/FILE', 'Host: y'), [400], []],
    ['two that are the same', get('/demo/FILE', 'Host: x'), [400], []],
    ['with a path', message('GET /demo/FILE HTTP/1.1', 'Host: x/../../y'), [400], []],
    ['with a space', message('GET /demo/FILE HTTP/1.1', 'Host: x y'), [400], []],
    ['none, in HTTP/1.0', message('GET /demo/FILE HTTP/1.0'), [200], FILE],
    ['another by X-Forwarded-Host', get('/demo/FILE', 'X-Forwarded-Host: y', 'Forwarded: host=y'), [200], FILE],
    ['another path by headers', get('/demo/FILE', 'X-Original-URL: /x', 'X-Rewrite-URL: /x'), [200], FILE],
]

const lengths: HostileRequest[] = [
    ['two lengths', get('/demo/FILE', 'Content-Length: 0', 'Content-Length: 5') + 'hello', [400], []],
    ['a list of lengths', get('/demo/FILE', 'Content-Length: 5, 5') + 'hello', [400], []],
    ['a negative length', get('/demo/FILE', 'Content-Length: -1'), [400], []],
    ['a length with a sign', get('/demo/FILE', 'Content-Length: +5') + 'hello', [400], []],
    ['a length in hexadecimal', get('/demo/FILE', 'Content-Length: 0x5') + 'hello', [400], []],
    ['a length that overflows', get('/demo/FILE', 'Content-Length: 18446744073709551617'), [400], []],
    [
        'a length and chunks',
        get('/demo/FILE', 'Content-Length: 4', 'Transfer-Encoding: chunked') + '0\r\n\r\n' + get('/demo/smuggled'),
        [400],
        [],
    ],
    ['chunks twice', get('/demo/FILE', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), [400], []],
    ['chunks of another name', get('/demo/FILE', 'Transfer-Encoding: xchunked'), [501], []],
    ['chunks and more', get('/demo/FILE', 'Transfer-Encoding: chunked, identity'), [501], []],
    ['chunks in HTTP/1.0', message('GET /demo/FILE HTTP/1.0', 'Transfer-Encoding: chunked'), [400], []],
    [
        'a request within a body',
        get('/demo/FILE', `Content-Length: ${get('/demo/smuggled').length}`) + get('/demo/smuggled'),
        [200],
        FILE,
    ],
    ['a body that is too large', get('/demo/FILE', 'Content-Length: 9000') + 'x'.repeat(9000), [413], []],
    [
        'two requests at once',
        `GET /demo/FILE HTTP/1.1\r\nHost: x\r\n\r\n${get('/demo/second')}`,
        [200, 200],
        ['GET demo/FILE', 'GET demo/second'],
    ],
]

const queries: HostileRequest[] = [
    ...['acl', 'policy', 'uploads', 'versionId=1', 'torrent', 'delete', 'cors&acl', 'tagging', 'partNumber=1'],
    ...['response-content-type=text/html', 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=9', 'x-id=DeleteObject'],
].map((query): HostileRequest => [`?${query} of a file`, get(`/demo/FILE?${query}`), [200], FILE])
queries.push(
    ['?acl of a page', get('/queried/?acl'), [200], ['GET queried/index.html']],
    ['?list-type=2 of the projects', get('/simple/?list-type=2&prefix=&max-keys=9'), [200], ['GET index.html']],
    ['a question mark in the name', get('/demo/FILE%3Facl'), [200], ['GET demo/FILE%3Facl']],
    ['a fragment', get('/demo/FILE#acl'), [200], FILE],
    ['_method=DELETE', get('/demo/FILE?_method=DELETE'), [200], FILE],
)

const headers: HostileRequest[] = [
    ...['X-Amz-Acl: public-read', 'X-Amz-Copy-Source: /other/key', 'X-Amz-Date: 19700101T000000Z'],
    ...['X-Amz-Security-Token: mine', 'X-Amz-Content-Sha256: UNSIGNED-PAYLOAD', 'X-Amz-Request-Payer: requester'],
    ...['Authorization: AWS4-HMAC-SHA256 Credential=mine', 'Cookie: a=b', 'Date: Thu, 01 Jan 1970 00:00:00 GMT'],
    ...['X-HTTP-Method-Override: DELETE', 'X-HTTP-Method: PUT', 'X-Method-Override: POST'],
    ...['X-Accel-Redirect: /-/s3-bucket', 'Upgrade: h2c', 'Content-Type: text/plain', 'Accept-Encoding: zstd'],
    ...['Accept: text/html\tapplication/json', 'Content-MD5: x', 'TE: trailers', 'Via: 1.1 x', 'X-Forwarded-For: ::1'],
].map((header): HostileRequest => [header, get('/demo/FILE', header), [200], FILE])
headers.push(
    ['a Connection that names headers of S3', get('/demo/FILE', 'Connection: Authorization, X-Amz-Date'), [200], FILE],
    ['a hundred headers', get('/demo/FILE', ...Array.from({ length: 100 }, (_, n) => `X-${n}: y`)), [200], FILE],
    ['a header of 20,000 bytes', get('/demo/FILE', `X: ${'y'.repeat(20_000)}`), [400, 494], []],
    ['headers of 80,000 bytes', get('/demo/FILE', ...Array<string>(80).fill(`X: ${'y'.repeat(1_000)}`)), [400], []],
    ['a target of 20,000 bytes', get('/demo/' + 'y'.repeat(20_000)), [414], []],
    ['two ranges', get('/demo/FILE', 'Range: bytes=0-1', 'Range: bytes=2-3'), [200, 206], FILE],
    ['two conditions', get('/demo/FILE', 'If-None-Match: "etag"', 'If-None-Match: "etag"'), [400], []],
    ['a wish to be asked for the body', get('/demo/FILE', 'Expect: 100-continue'), [100, 200], FILE],
)

const methods: HostileRequest[] = [
    ...['PUT', 'DELETE', 'POST', 'PATCH', 'OPTIONS', 'TRACE', 'LOCK', 'COPY', 'MKCOL', 'PROPFIND', 'FOO'],
].map((method): HostileRequest => [method, message(`${method} /demo/FILE HTTP/1.1`, 'Host: x'), [405], []])
methods.push(
    ['PUT with a body', message('PUT /demo/FILE HTTP/1.1', 'Host: x', 'Content-Length: 5') + 'hello', [405], []],
    ['DELETE of a page', message('DELETE /demo/ HTTP/1.1', 'Host: x'), [405], []],
    ['POST of ?delete', message('POST /?delete HTTP/1.1', 'Host: x', 'Content-Length: 0'), [405], []],
    ['small letters', message('get /demo/FILE HTTP/1.1', 'Host: x'), [400], []],
    ['no method', message(' /demo/FILE HTTP/1.1', 'Host: x'), [400], []],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 405], []],
    ['HTTP/1.2', message('GET /demo/FILE HTTP/1.2', 'Host: x'), [200], FILE],
    ['HTTP/9.9', message('GET /demo/FILE HTTP/9.9', 'Host: x'), [505], []],
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', [400], []],
)

/** All of them, by what they twist. */
export const hostileRequests: [about: string, rows: HostileRequest[]][] = [
    ['target', targets],
    ['splitting', splitting],
    ['host', hosts],
    ['length', lengths],
    ['query', queries],
    ['header', headers],
    ['method', methods],
]
