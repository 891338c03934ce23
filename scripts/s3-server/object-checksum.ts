import { checksumNamed } from './checksums.js'
import type { Checksum } from './crc.js'
import { S3Error } from './errors.js'
import type { ObjectMetadata } from './object-file.js'
import type { Headers } from './request.js'

/**
 * The object checksum in a CompleteMultipartUpload request. It is sent in the header that contains the checksum of the
 * request's own body in other requests.
 * Source: Amazon S3 User Guide, "Checking object integrity for data uploads".
 */
export interface ObjectChecksum {
    /** Passes the object's bytes through and updates the checksum. */
    pass(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer>
    /** The headers to store, after the last byte. @throws S3Error BadDigest */
    verify(parts: readonly ObjectMetadata[]): Record<string, string>
}

/** Separates the object checksum from the other headers of the request. */
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

/** The checksum of the parts' checksums, and the number of parts. */
function compositeChecksum(name: string, parts: readonly ObjectMetadata[]): string {
    const checksum = checksumNamed(name) as Checksum
    for (const part of parts) checksum.update(Buffer.from(part.checksum[name] ?? '', 'base64'))
    return `${base64(checksum)}-${parts.length}`
}

function base64(checksum: Checksum): string {
    return checksum.digest().toString('base64')
}
