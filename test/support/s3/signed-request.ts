import { Hash } from '@smithy/hash-node'
import { SignatureV4 } from '@smithy/signature-v4'
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { S3Server } from './s3-servers.js'

/** A request to S3; what is not given is what a well-behaved client sends. */
export interface S3RequestOptions {
    readonly method?: string
    readonly bucket?: string | undefined
    /** Percent-encoded, without the slash before it. */
    readonly key?: string | undefined
    /** Decoded values by name; an empty one is sent as the name alone. */
    readonly query?: Readonly<Record<string, string>>
    /** By lower-case name. */
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string | Buffer
    readonly style?: 'path' | 'virtual'
    readonly signature?: 'v4' | 'v2' | 'presigned' | 'none'
    readonly accessKeyId?: string
    readonly secretAccessKey?: string
    readonly sessionToken?: string | undefined
    /** When it is signed. */
    readonly time?: Date
    readonly region?: string
    /** For a presigned URL: how long it holds, in seconds. */
    readonly expires?: number
    /** Changes what was signed before it is sent. */
    readonly tamper?: (message: S3Message) => void
}

/** A request that is ready to go. */
export interface S3Message {
    method: string
    /** With the query. */
    path: string
    headers: Record<string, string>
    body: Buffer
}

/** An answer, read to its end. */
export interface S3Answer {
    readonly status: number
    readonly headers: http.IncomingHttpHeaders
    readonly body: Buffer
    /** The code in S3's error document; undefined where there is none. */
    readonly code: string | undefined
}

interface Identity {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string | undefined
}

/** Signs a request with code that shares nothing with njs/, and sends it byte by byte as it was signed. */
export async function s3Request(server: S3Server, options: S3RequestOptions): Promise<S3Answer> {
    return await send(server, await signedMessage(server, options))
}

/** A signed request, not sent yet. */
export async function signedMessage(server: S3Server, options: S3RequestOptions): Promise<S3Message> {
    const { bucket = '', key, query = {}, style = 'path', signature = 'v4' } = options
    const identity = { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey, ...options }
    const resource = `/${bucket}${key === undefined ? '' : `/${key}`}`
    const message: S3Message = {
        method: options.method ?? 'GET',
        path: style === 'path' ? resource : `/${key ?? ''}`,
        headers: {
            host: style === 'path' ? new URL(server.endpoint).host : `${bucket}.${server.domain}`,
            ...options.headers,
        },
        body: Buffer.from(options.body ?? ''),
    }
    if (options.body !== undefined) message.headers['content-length'] ??= String(message.body.length)
    const signed = { ...query }
    if (signature === 'v2') {
        signV2(
            message,
            style === 'virtual' && key === undefined ? `${resource}/` : resource,
            query,
            identity,
            options.time,
        )
    } else if (signature !== 'none') {
        await signV4(message, signed, identity, { region: server.region, ...options })
    }
    const parts = Object.entries(signed).map(([name, value]) => (value === '' ? name : `${name}=${encode(value)}`))
    if (parts.length > 0) message.path += `?${parts.join('&')}`
    options.tamper?.(message)
    return message
}

/** Sends a request as it is. */
async function send(server: S3Server, { method, path, headers, body }: S3Message): Promise<S3Answer> {
    const { port } = new URL(server.endpoint)
    const outgoing = http.request({ host: '127.0.0.1', port, method, path, headers, agent: false }).end(body)
    // Swift ends a HEAD's 404 with the end of a chunked body that is not there. An error before the answer rejects below,
    // one within it rejects the reading.
    outgoing.on('error', () => {})
    const [incoming] = (await once(outgoing, 'response')) as [http.IncomingMessage]
    const received = Buffer.concat(await incoming.toArray())
    const code = /<Error>.*?<Code>(\w+)<\/Code>/s.exec(received.toString())?.[1]
    return { status: incoming.statusCode as number, headers: incoming.headers, body: received, code }
}

async function signV4(
    message: S3Message,
    query: Record<string, string>,
    { accessKeyId, secretAccessKey, sessionToken }: Identity,
    { region, time, expires, signature }: { region: string } & S3RequestOptions,
): Promise<void> {
    const signer = new SignatureV4({
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
        region,
        service: 's3',
        sha256: Hash.bind(null, 'sha256'),
        uriEscapePath: false,
    })
    const url = { protocol: 'http:', hostname: '', method: message.method, path: canonical(message.path), query }
    const isPresigned = signature === 'presigned'
    const payloadHash = isPresigned ? 'UNSIGNED-PAYLOAD' : createHash('sha256').update(message.body).digest('hex')
    const request = { ...url, headers: { 'x-amz-content-sha256': payloadHash, ...message.headers } }
    const signingDate = time ?? new Date()
    if (isPresigned) {
        const signed = await signer.presign(request, { signingDate, expiresIn: expires ?? 60 })
        Object.assign(query, signed.query)
    } else {
        message.headers = (await signer.sign(request, { signingDate })).headers
    }
}

/** Source: AWS, "Signing and Authenticating REST Requests". */
function signV2(
    message: S3Message,
    resource: string,
    query: Readonly<Record<string, string>>,
    { accessKeyId, secretAccessKey, sessionToken }: Identity,
    time = new Date(),
): void {
    const { method, headers } = message
    headers['x-amz-date'] = time.toUTCString()
    if (sessionToken !== undefined) headers['x-amz-security-token'] = sessionToken
    const amz = Object.keys(headers)
        .filter((name) => name.startsWith('x-amz-'))
        .sort()
        .map((name) => `${name}:${headers[name]}\n`)
    const selected = ['acl', 'delete', 'location', 'partNumber', 'policy', 'uploadId', 'uploads']
        .filter((name) => query[name] !== undefined)
        .map((name) => (query[name] === '' ? name : `${name}=${query[name]}`))
    const stringToSign =
        `${method}\n${headers['content-md5'] ?? ''}\n${headers['content-type'] ?? ''}\n\n` +
        amz.join('') +
        resource +
        (selected.length === 0 ? '' : `?${selected.join('&')}`)
    const signature = createHmac('sha1', secretAccessKey).update(stringToSign).digest('base64')
    headers['authorization'] = `AWS ${accessKeyId}:${signature}`
}

/** The path that Version 4 signs, whatever spelling is sent. */
function canonical(path: string): string {
    return path
        .split(/(?:\/|%2F)/i)
        .map((segment) => encode(decodeURIComponent(segment)))
        .join('/')
}

/** Percent-encodes all that RFC 3986 does not call unreserved. */
export function encode(text: string): string {
    return [...Buffer.from(text)]
        .map((byte) => String.fromCharCode(byte))
        .map((character) =>
            /[A-Za-z0-9._~-]/.test(character)
                ? character
                : '%' + character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0'),
        )
        .join('')
}
