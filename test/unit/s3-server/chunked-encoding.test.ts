import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startS3, type S3Server } from '../../support/s3/s3-servers.js'
import { s3Request, type S3Message } from '../../support/s3/signed-request.js'

let server: S3Server
beforeAll(async () => {
    server = await startS3('embedded')
    await s3Request(server, { method: 'PUT', bucket: 'my-pypi' })
})
afterAll(() => server.close())

const chunks = ['a'.repeat(70_000), 'é\r\n0\r\n', 'the end']
const payload = chunks.join('')

interface Upload {
    /** What x-amz-content-sha256 is. */
    readonly kind: string
    readonly trailers?: Readonly<Record<string, string>>
    readonly announced?: string
    readonly length?: number
    /** Changes the encoded body, one character a byte. */
    readonly change?: (body: string) => string
}

/** Uploads the chunks as `aws-chunked`. @returns the error's code, or what was stored */
async function upload({ kind, trailers, announced, length, change }: Upload): Promise<string> {
    const headers: Record<string, string> = {
        'content-encoding': 'aws-chunked',
        'x-amz-content-sha256': kind,
        'x-amz-decoded-content-length': String(length ?? Buffer.byteLength(payload)),
    }
    const names = announced ?? Object.keys(trailers ?? {}).join(',')
    if (names !== '') headers['x-amz-trailer'] = names
    const encodeBody = (message: S3Message): void => {
        const body = encodeChunks(kind, message.headers, trailers ?? {})
        message.body = Buffer.from(change === undefined ? body : change(body), 'latin1')
        message.headers['content-length'] = String(message.body.length)
    }
    const key = `object-${Math.random()}`
    const put = await s3Request(server, { method: 'PUT', bucket: 'my-pypi', key, headers, tamper: encodeBody })
    const get = await s3Request(server, { bucket: 'my-pypi', key })
    if (put.status !== 200) {
        expect(get.code).toBe('NoSuchKey')
        return put.code as string
    }
    expect(get.headers['content-encoding']).toBeUndefined()
    return get.body.toString()
}

/** Source: AWS, "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks". */
function encodeChunks(
    kind: string,
    headers: Record<string, string>,
    trailers: Readonly<Record<string, string>>,
): string {
    const isSigned = kind.startsWith('STREAMING-AWS4')
    const [, scope = '', seed = ''] =
        /Credential=[^/]+\/(.*?),.*Signature=(.*)/.exec(headers['authorization'] ?? '') ?? []
    const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
    const sha256 = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex')
    const signingKey = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${server.secretAccessKey}`)
    let previous = seed
    const sign = (suffix: string, hashes: string[]): string => {
        const text = [`AWS4-HMAC-SHA256-${suffix}`, headers['x-amz-date'], scope, previous, ...hashes].join('\n')
        previous = hmac(signingKey as Buffer, text).toString('hex')
        return previous
    }
    let body = ''
    for (const chunk of [...chunks, '']) {
        const bytes = Buffer.from(chunk).toString('latin1')
        body += bytes.length.toString(16)
        if (isSigned) body += `;chunk-signature=${sign('PAYLOAD', [sha256(''), sha256(bytes)])}`
        body += `\r\n${bytes}${bytes === '' ? '' : '\r\n'}`
    }
    if (kind.endsWith('-TRAILER')) {
        const lines = Object.entries(trailers).map(([name, value]) => `${name}:${value}`)
        body += lines.map((line) => `${line}\r\n`).join('')
        if (isSigned) {
            const hash = sha256(lines.map((line) => `${line}\n`).join(''))
            body += `x-amz-trailer-signature:${sign('TRAILER', [hash])}\r\n`
        }
    }
    return `${body}\r\n`
}

const unsignedTrailer = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
const signed = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
const signedTrailer = `${signed}-TRAILER`
const sha256 = { 'x-amz-checksum-sha256': createHash('sha256').update(payload).digest('base64') }

describe('a body in chunks', () => {
    test.each([
        ['signed', { kind: signed }],
        ['signed, with a signed trailer', { kind: signedTrailer, trailers: sha256 }],
        ['unsigned, with a trailer', { kind: unsignedTrailer, trailers: sha256 }],
        ['unsigned, without a trailer', { kind: unsignedTrailer }],
    ])('%s, is stored without the encoding', async (_name, options) => {
        expect(await upload(options)).toBe(payload)
    })

    test.each([
        [
            'a changed chunk',
            { kind: signed, change: (body: string) => body.replace('the end', 'The end') },
            'SignatureDoesNotMatch',
        ],
        [
            'a chunk without a signature',
            { kind: signed, change: (body: string) => body.replace(/;chunk-signature=\w+/, '') },
            'SignatureDoesNotMatch',
        ],
        [
            'chunks that were left out',
            { kind: signed, change: (body: string) => body.slice(body.lastIndexOf('\r\n7;') + 2), length: 7 },
            'SignatureDoesNotMatch',
        ],
        [
            'a changed trailer',
            { kind: signedTrailer, trailers: sha256, change: (body: string) => body.replace('sha256:', 'sha256:A') },
            'SignatureDoesNotMatch',
        ],
        [
            'a trailer without a signature',
            {
                kind: signedTrailer,
                trailers: sha256,
                change: (body: string) => body.replace(/x-amz-trailer-signature.*\r\n/, ''),
            },
            'SignatureDoesNotMatch',
        ],
        [
            'a checksum that is wrong',
            { kind: unsignedTrailer, trailers: { 'x-amz-checksum-crc32': 'AAAAAA==' } },
            'BadDigest',
        ],
        [
            'a checksum that was announced and does not come',
            { kind: unsignedTrailer, announced: 'x-amz-checksum-crc32' },
            'BadDigest',
        ],
        [
            'a trailer that was not announced',
            { kind: unsignedTrailer, trailers: sha256, announced: 'x-amz-checksum-crc32' },
            'InvalidRequest',
        ],
        ['less than was said', { kind: unsignedTrailer, length: 80_000 }, 'IncompleteBody'],
        ['more than was said', { kind: unsignedTrailer, length: 10 }, 'IncompleteBody'],
        [
            'an end that is missing',
            { kind: unsignedTrailer, change: (body: string) => body.slice(0, -2) },
            'IncompleteBody',
        ],
        [
            'a chunk that is cut off',
            { kind: unsignedTrailer, change: (body: string) => body.slice(0, 50_000) },
            'IncompleteBody',
        ],
        [
            'something after its end',
            { kind: unsignedTrailer, change: (body: string) => `${body}0\r\n\r\n` },
            'InvalidRequest',
        ],
        ['a size that is no number', { kind: unsignedTrailer, change: (body: string) => `x${body}` }, 'InvalidRequest'],
        ['a line without an end', { kind: unsignedTrailer, change: () => '1'.repeat(100_000) }, 'InvalidRequest'],
        ['no encoding at all', { kind: unsignedTrailer, change: () => payload }, 'InvalidRequest'],
    ])('with %s is refused', async (_name, options, code) => {
        expect(await upload(options)).toBe(code)
    })
})
