import { checksumNamed } from './checksums.js'
import type { Checksum } from './crc.js'
import { S3Error } from './errors.js'
import type { ObjectMetadata } from './object-file.js'
import type { Headers } from './request.js'

/**
 * What the completion of a multipart upload says that the checksum of the whole object is. It comes in the header in
 * which other requests have the checksum of their own body.
 * Source: Amazon S3 User Guide, "Checking object integrity for data uploads".
 */
export interface ObjectChecksum {
    /** Feeds the object's bytes, as they pass. */
    pass(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer>
    /** The headers, to be stored, when all bytes have passed. @throws S3Error BadDigest */
    verify(parts: readonly ObjectMetadata[]): Record<string, string>
}

/** Divides the headers of such a request into those of the request itself and the object's checksum. */
export function splitObjectChecksum(headers: Headers): { own: Headers; object: ObjectChecksum } {
    const claimed = new Map<string, { value: string; checksum: Checksum }>()
    for (const [name, value] of headers) {
        const checksum = checksumNamed(name)
        if (checksum !== undefined) claimed.set(name, { value, checksum })
    }
    return {
        own: new Map([...headers].filter(([name]) => !claimed.has(name))),
        object: {
            async *pass(content) {
                for await (const piece of content) {
                    for (const { checksum } of claimed.values()) checksum.update(piece)
                    yield piece
                }
            },
            verify(parts) {
                for (const [name, { value, checksum }] of claimed) {
                    const right = value.includes('-') ? compositeChecksum(name, parts) : base64(checksum)
                    if (value !== right) {
                        throw new S3Error('BadDigest', `The ${name} you specified did not match what was computed.`)
                    }
                }
                return Object.fromEntries([...claimed].map(([name, { value }]) => [name, value]))
            },
        },
    }
}

/** The checksum of the parts' checksums, and their number. */
function compositeChecksum(name: string, parts: readonly ObjectMetadata[]): string {
    const checksum = checksumNamed(name) as Checksum
    for (const part of parts) checksum.update(Buffer.from(part.checksum[name] ?? '', 'base64'))
    return `${base64(checksum)}-${parts.length}`
}

function base64(checksum: Checksum): string {
    return checksum.digest().toString('base64')
}
