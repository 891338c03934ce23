import { gzipContent, gzipMember } from '../../core/distribution/gzip.js'
import { inflateRaw } from '../../core/distribution/inflate.js'
import type { IndexPlatform } from '../../core/index/platform.js'
import { asBuffer, njsEngine } from './engine.js'

/** What is used of njs' zlib, which exists since 0.7.12. */
export interface Zlib {
    deflateRawSync(bytes: Uint8Array, options: { level: number }): Uint8Array
    inflateRawSync(bytes: Uint8Array): Uint8Array
}

/** PyPI's largest project has 43,000 files, 20 MB. Bytes. */
const maxPageSize = 64 * 1024 * 1024

/** njs for the pages in core/. @param zlib undefined before 0.7.12: pages are stored as they are */
export function njsPlatform(zlib: Zlib | undefined): IndexPlatform {
    return {
        ...njsEngine,
        areEqual: (one, other) => asBuffer(one).equals(asBuffer(other)),
        compresses: zlib !== undefined,
        compress: async (page) =>
            zlib ? gzipMember(page, zlib.deflateRawSync(page, { level: levelFor(page.length) }), njsEngine) : page,
        decompress: (body) => decompress(body, zlib),
        sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, Math.max(1, milliseconds))),
    }
}

/** Other requests wait meanwhile: less than 50 ms. */
function levelFor(size: number): number {
    return size < 512 * 1024 ? 9 : size < 1024 * 1024 ? 6 : 1
}

async function decompress(body: Uint8Array, zlib: Zlib | undefined): Promise<Uint8Array | undefined> {
    const content = gzipContent(body)
    if (content === undefined || content.size > maxPageSize) return undefined
    const { deflated, size } = content
    try {
        const page = zlib
            ? zlib.inflateRawSync(deflated)
            : await inflateRaw(deflated, size, njsEngine, (reason) => new RangeError(reason))
        return page.length === size ? page : undefined
    } catch (error) {
        // zlib of njs throws Error or InternalError, without a code.
        if (zlib || error instanceof RangeError) return undefined
        throw error
    }
}
