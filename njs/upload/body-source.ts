import fs from 'fs'
import type { ByteSource } from '../../core/byte-source.js'

/**
 * The body of a request in nginx's file.
 *
 * The file is opened for each read: when an HTTP/2 client leaves, nginx ends a function at its current "await" without
 * running "finally", and an open descriptor would keep the deleted file on the disk until the worker ends.
 */
export function bodySource(path: string): ByteSource {
    const { size } = fs.statSync(path)
    return {
        size,
        readInto(target, offset, length) {
            if (offset < 0 || offset + length > size) throw new RangeError('a read outside the body')
            const fd = fs.openSync(path, 'r')
            try {
                for (let filled = 0; filled < length;) {
                    const count = fs.readSync(fd, target, filled, length - filled, offset + filled)
                    if (count <= 0) throw new RangeError('the file of the body is shorter than it was')
                    filled += count
                }
            } finally {
                fs.closeSync(fd)
            }
        },
    }
}
