import type { ByteSource } from '../../../../core/byte-source.js'
import { nodeEngine } from '../../../../scripts/distribution/file-source.js'

/** Bytes in memory. */
export function sourceOf(bytes: Uint8Array): ByteSource {
    return {
        size: bytes.length,
        readInto(target, offset, length) {
            if (offset < 0 || offset + length > bytes.length) throw new RangeError('a read outside the bytes')
            target.set(bytes.subarray(offset, offset + length))
        },
    }
}

/** Counts the pauses, during which other requests run. */
export function countingEngine() {
    const engine = { ...nodeEngine, pauses: 0, allocated: 0 }
    engine.pause = async () => {
        engine.pauses++
    }
    engine.allocate = (size) => {
        engine.allocated += size
        return Buffer.alloc(size)
    }
    return engine
}
