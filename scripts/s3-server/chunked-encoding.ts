import { createHash } from 'node:crypto'
import { ByteReader } from './byte-reader.js'
import { S3Error } from './errors.js'
import type { ChunkSigner } from './payload-claim.js'

const maximalLine = 8192

/** Parameters of an aws-chunked body. */
export interface ChunkedEncoding {
    /** Undefined for unsigned chunks. */
    readonly signer: ChunkSigner | undefined
    /** Whether trailers follow the last chunk. */
    readonly trailer: boolean
    /** Receives each trailer, with a lower-case name. */
    readonly onTrailer: (name: string, value: string) => void
}

/**
 * Decodes the content encoding aws-chunked and verifies its signatures.
 * Source: AWS, "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks" and
 * "... Including Trailing Headers".
 * @yields the payload; a chunk's signature is verified only after its last byte
 * @throws S3Error IncompleteBody, InvalidRequest, SignatureDoesNotMatch
 */
export async function* decodeChunks(source: AsyncIterable<Buffer>, encoding: ChunkedEncoding): AsyncGenerator<Buffer> {
    const reader = new ByteReader(source)
    let previous = encoding.signer?.seed ?? ''
    for (;;) {
        const { size, signature } = parseHeader(await reader.line(maximalLine))
        const hash = createHash('sha256')
        for await (const piece of reader.take(size)) {
            if (encoding.signer !== undefined) hash.update(piece)
            yield piece
        }
        if (encoding.signer !== undefined) {
            requireSame(signature, await encoding.signer.signChunk(previous, hash.digest('hex')))
            previous = signature
        }
        if (size === 0) break
        if ((await reader.line(maximalLine)) !== '') throw malformed()
    }
    await readTrailers(reader, encoding, previous)
    await reader.end()
}

async function readTrailers(reader: ByteReader, encoding: ChunkedEncoding, previous: string): Promise<void> {
    const trailers: string[] = []
    let signature = ''
    for (let line = await reader.line(maximalLine); line !== ''; line = await reader.line(maximalLine)) {
        const [, name, value] = /^([\w-]+):(.*)$/.exec(line) ?? []
        if (!encoding.trailer || name === undefined || value === undefined || trailers.length > 16) throw malformed()
        if (name.toLowerCase() === 'x-amz-trailer-signature') {
            signature = value.trim()
        } else {
            trailers.push(`${name.toLowerCase()}:${value.trim()}\n`)
            encoding.onTrailer(name.toLowerCase(), value.trim())
        }
    }
    if (encoding.signer !== undefined && encoding.trailer) {
        const sha256 = createHash('sha256').update(trailers.sort().join('')).digest('hex')
        requireSame(signature, await encoding.signer.signTrailer(previous, sha256))
    }
}

function parseHeader(line: string): { size: number; signature: string } {
    const [, size, signature] = /^([0-9a-f]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(line) ?? []
    if (size === undefined) throw malformed()
    return { size: parseInt(size, 16), signature: signature ?? '' }
}

function requireSame(given: string, right: string): void {
    if (given === right) return
    throw new S3Error('SignatureDoesNotMatch', "The signature of the body's chunks does not match")
}

function malformed(): S3Error {
    return new S3Error('InvalidRequest', 'The body is not encoded as aws-chunked says')
}
