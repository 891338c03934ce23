/** A checksum that is fed piece by piece. */
export interface Checksum {
    update(data: Buffer): unknown
    /** The checksum, most significant byte first. */
    digest(): Buffer
}

/**
 * A reflected 32-bit CRC whose register starts as, and is inverted by, all ones.
 * @param polynomial reflected: 0xedb88320 for CRC-32, 0x82f63b78 for CRC-32C (RFC 3720, appendix B.4)
 */
export function crc32(polynomial: number): Checksum {
    const table = tableOf32(polynomial)
    let register = 0xffffffff
    return {
        update(data) {
            for (const byte of data) register = (register >>> 8) ^ (table[(register ^ byte) & 0xff] as number)
        },
        digest() {
            const bytes = Buffer.alloc(4)
            bytes.writeUInt32BE((register ^ 0xffffffff) >>> 0)
            return bytes
        },
    }
}

/** CRC-64/NVME (NVM Express NVM Command Set Specification), in two halves since numbers hold 53 bits. */
export function crc64nvme(): Checksum {
    const { high: tableHigh, low: tableLow } = tableOf64(0x9a6c9329, 0xac4bc9b5)
    let high = 0xffffffff
    let low = 0xffffffff
    return {
        update(data) {
            for (const byte of data) {
                const index = (low ^ byte) & 0xff
                low = ((low >>> 8) | (high << 24)) ^ (tableLow[index] as number)
                high = (high >>> 8) ^ (tableHigh[index] as number)
            }
        },
        digest() {
            const bytes = Buffer.alloc(8)
            bytes.writeUInt32BE(~high >>> 0)
            bytes.writeUInt32BE(~low >>> 0, 4)
            return bytes
        },
    }
}

function tableOf32(polynomial: number): Uint32Array {
    return Uint32Array.from({ length: 256 }, (_, byte) => {
        let register = byte
        for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? polynomial : 0)
        return register
    })
}

function tableOf64(polynomialHigh: number, polynomialLow: number): { high: Uint32Array; low: Uint32Array } {
    const tables = { high: new Uint32Array(256), low: new Uint32Array(256) }
    for (let byte = 0; byte < 256; byte++) {
        let [high, low] = [0, byte]
        for (let bit = 0; bit < 8; bit++) {
            const carry = low & 1
            low = ((low >>> 1) | (high << 31)) ^ (carry ? polynomialLow : 0)
            high = (high >>> 1) ^ (carry ? polynomialHigh : 0)
        }
        tables.high[byte] = high
        tables.low[byte] = low
    }
    return tables
}
