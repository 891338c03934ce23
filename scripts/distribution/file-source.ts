import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { ByteSource, Engine } from '../../core/byte-source.js'

/** Node.js for core/. */
export const nodeEngine: Engine = {
    indexOf: (bytes, wanted, from) => asBuffer(bytes).indexOf(wanted, from),
    allocate: (size) => Buffer.alloc(size),
    pause: () => setImmediate(),
}

/** The same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Opens a file, calls `use`, and closes it. */
export async function withFileSource<Result>(
    path: string,
    use: (source: ByteSource) => Promise<Result>,
): Promise<Result> {
    const fd = openSync(path, 'r')
    try {
        return await use(fileSource(fd))
    } finally {
        closeSync(fd)
    }
}

function fileSource(fd: number): ByteSource {
    const { size } = fstatSync(fd)
    return {
        size,
        readInto(target, offset, length) {
            if (offset < 0 || offset + length > size) throw new RangeError('a read outside the file')
            for (let filled = 0; filled < length;) {
                const count = readSync(fd, target, filled, length - filled, offset + filled)
                if (count === 0) throw new RangeError('the file is shorter than it was')
                filled += count
            }
        },
    }
}
