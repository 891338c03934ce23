import { createHash } from 'node:crypto'
import { incompleteBody } from './byte-reader.js'
import { checksumNamed } from './checksums.js'
import { decodeChunks } from './chunked-encoding.js'
import type { Checksum } from './crc.js'
import { S3Error } from './errors.js'
import type { S3Request } from './request.js'

/** Digests of a body, known after its last byte was read and verified. */
interface BodyDigests {
    readonly size: number
    /** In hex. */
    readonly md5: string
    /** The client's checksums, verified, by header name. */
    readonly checksum: Readonly<Record<string, string>>
}

/** A body: read `content` to its end, then call `digests`. */
export interface VerifiedBody {
    /** Throws at its end when a digest, a checksum or the length does not match the request. */
    readonly content: AsyncIterable<Buffer>
    digests(): BodyDigests
}

/**
 * The decoded payload of a request, verified while it is read.
 * @throws S3Error MissingContentLength, InvalidDigest, InvalidRequest; and while reading IncompleteBody, BadDigest,
 * XAmzContentSHA256Mismatch, SignatureDoesNotMatch
 */
export function verifiedBody(request: S3Request): VerifiedBody {
    const expected = expectedDigests(request)
    const length = payloadLength(request)
    let digests: BodyDigests | undefined
    const content = async function* (): AsyncGenerator<Buffer> {
        const md5 = createHash('md5')
        let size = 0
        for await (const piece of decoded(request, expected)) {
            size += piece.length
            md5.update(piece)
            for (const { checksum } of expected.values()) checksum.update(piece)
            yield piece
        }
        if (size !== length) throw incompleteBody()
        digests = { size, md5: md5.digest('hex'), checksum: verify(expected) }
    }
    return {
        content: content(),
        digests() {
            if (digests === undefined) throw new Error('The digests of a body were asked for before its end')
            return digests
        },
    }
}

/** A small body as text. @param limit bytes @throws S3Error MaxMessageLengthExceeded and those of verifiedBody */
export async function readText(request: S3Request, limit: number): Promise<string> {
    const pieces: Buffer[] = []
    let size = 0
    for await (const piece of verifiedBody(request).content) {
        size += piece.length
        if (size > limit) throw new S3Error('MaxMessageLengthExceeded', 'Your request was too big.')
        pieces.push(piece)
    }
    return Buffer.concat(pieces).toString('utf8')
}

/** An expected digest from a header, or later from a trailer. */
interface Expected {
    readonly checksum: Checksum
    /** In base64; undefined until its trailer arrives. */
    value: string | undefined
}

const contentMd5 = 'content-md5'
const contentSha256 = 'x-amz-content-sha256'

/** By header name. */
function expectedDigests({ headers, payload }: S3Request): Map<string, Expected> {
    const expected = new Map<string, Expected>()
    for (const [name, value] of headers) {
        const checksum = name === contentMd5 ? createHash('md5') : checksumNamed(name)
        if (checksum === undefined) continue
        if (!isBase64(value) || (name === contentMd5 && value.length !== 24)) {
            throw new S3Error('InvalidDigest', `The ${name} you specified is not valid.`)
        }
        expected.set(name, { checksum, value })
    }
    for (const name of (headers.get('x-amz-trailer') ?? '').toLowerCase().split(',')) {
        const checksum = checksumNamed(name.trim())
        if (checksum !== undefined) expected.set(name.trim(), { checksum, value: undefined })
    }
    if (payload.kind === 'sha256') {
        const value = Buffer.from(payload.sha256, 'hex').toString('base64')
        expected.set(contentSha256, { checksum: createHash('sha256'), value })
    }
    return expected
}

function decoded({ body, payload }: S3Request, expected: Map<string, Expected>): AsyncIterable<Buffer> {
    if (payload.kind !== 'chunked') return body
    return decodeChunks(body, {
        ...payload,
        onTrailer(name, value) {
            const announced = expected.get(name)
            if (announced === undefined) throw new S3Error('InvalidRequest', `x-amz-trailer does not announce ${name}`)
            announced.value = value
        },
    })
}

function verify(expected: ReadonlyMap<string, Expected>): Record<string, string> {
    const verified: Record<string, string> = {}
    for (const [name, { checksum, value }] of expected) {
        const right = checksum.digest().toString('base64')
        if (right === value) {
            if (name.startsWith('x-amz-checksum-')) verified[name] = right
        } else if (name === contentSha256) {
            throw new S3Error(
                'XAmzContentSHA256Mismatch',
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            )
        } else {
            throw new S3Error('BadDigest', `The ${name} you specified did not match what was computed.`)
        }
    }
    return verified
}

function payloadLength({ headers, payload }: S3Request): number {
    const name = payload.kind === 'chunked' ? 'x-amz-decoded-content-length' : 'content-length'
    const length = headers.get(name)
    if (length === undefined || !/^\d{1,15}$/.test(length)) {
        throw new S3Error('MissingContentLength', `You must provide the ${name} HTTP header.`)
    }
    return Number(length)
}

function isBase64(text: string): boolean {
    return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0
}
