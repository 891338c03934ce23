import { createHash } from 'node:crypto'
import { crc32, crc64nvme, type Checksum } from './crc.js'

/** The supported checksums, by the suffix of the header name `x-amz-checksum-…`. */
const algorithms: Readonly<Record<string, () => Checksum>> = {
    crc32: () => crc32(0xedb88320),
    crc32c: () => crc32(0x82f63b78),
    crc64nvme,
    sha1: () => createHash('sha1'),
    sha256: () => createHash('sha256'),
}

const prefix = 'x-amz-checksum-'

/** The checksum of a header or trailer: `x-amz-checksum-crc32` → a new CRC-32; undefined for other headers. */
export function checksumNamed(header: string): Checksum | undefined {
    return header.startsWith(prefix) ? algorithms[header.slice(prefix.length)]?.() : undefined
}
