import type { Engine } from '../byte-source.js'

/** A code, as counts of its lengths and the symbols in their order. */
interface Huffman {
    counts: number[]
    symbols: number[]
}

/** Of output. In njs, about 4 ms. */
const bytesBetweenPauses = 16 * 1024
/** What the codes of a block cost, in bytes of output: hostile data has many blocks without content. */
const blockCost = 1024

/**
 * Inflates raw deflate data, for njs: before 0.7.12 it has no zlib, and later its zlib has no bound of the output.
 *
 * @param size of the data when inflated, in bytes: no more memory is taken
 * @param broken creates the error for data that is damaged, or inflates to another size
 * @see RFC 1951; zlib, contrib/puff
 */
export async function inflateRaw(
    input: Uint8Array,
    size: number,
    engine: Engine,
    broken: (reason: string) => Error,
): Promise<Uint8Array> {
    const inflater = new Inflater(input, engine.allocate(size), broken)
    while (inflater.run(bytesBetweenPauses)) await engine.pause()
    return inflater.finished()
}

class Inflater {
    private filled = 0
    private position = 0
    private bitBuffer = 0
    private bitCount = 0
    private isLast = false
    /** The codes of the current block. */
    private lengthCode: Huffman | undefined
    private distanceCode: Huffman | undefined
    private fixed: { length: Huffman; distance: Huffman } | undefined
    /** Used again by each block: njs frees no memory meanwhile. */
    private readonly lengths = zeros(288 + 32 + 138)
    private readonly ownLength = emptyCode(288)
    private readonly ownDistance = emptyCode(32)
    private readonly ownCodes = emptyCode(19)
    /** Bytes left of a stored block. */
    private stored = 0

    constructor(
        private readonly input: Uint8Array,
        private readonly output: Uint8Array,
        private readonly broken: (reason: string) => Error,
    ) {}

    /** Continues for about so many bytes. @returns whether there is more */
    run(bytes: number): boolean {
        let until = this.filled + bytes
        while (this.filled < until) {
            if (this.stored > 0) this.copyStored(until)
            else if (this.lengthCode) this.decodeBlock(until)
            else if (this.isLast) return false
            else {
                this.beginBlock()
                until -= blockCost
            }
        }
        return true
    }

    finished(): Uint8Array {
        if (this.filled < this.output.length) throw this.broken('unpacks to less than it says')
        return this.output
    }

    private beginBlock(): void {
        this.isLast = this.bits(1) === 1
        const type = this.bits(2)
        if (type === 0) this.beginStored()
        else if (type === 1) {
            this.fixed ??= fixedCodes()
            this.lengthCode = this.fixed.length
            this.distanceCode = this.fixed.distance
        } else if (type === 2) this.readCodes()
        else throw this.damaged()
    }

    private beginStored(): void {
        this.bitBuffer = 0
        this.bitCount = 0
        const { input, position } = this
        if (position + 4 > input.length) throw this.damaged()
        const length = input[position]! | (input[position + 1]! << 8)
        const check = input[position + 2]! | (input[position + 3]! << 8)
        this.position += 4
        if (length !== (~check & 0xffff) || this.position + length > input.length) throw this.damaged()
        this.stored = length
    }

    private copyStored(until: number): void {
        const count = Math.min(this.stored, until - this.filled)
        if (this.filled + count > this.output.length) throw this.tooLarge()
        this.output.set(this.input.subarray(this.position, this.position + count), this.filled)
        this.filled += count
        this.position += count
        this.stored -= count
    }

    private decodeBlock(until: number): void {
        const { output } = this
        while (this.filled < until) {
            const symbol = this.symbol(this.lengthCode!)
            if (symbol < 256) {
                if (this.filled === output.length) throw this.tooLarge()
                output[this.filled++] = symbol
            } else if (symbol === 256) {
                this.lengthCode = undefined
                return
            } else this.copy(symbol - 257)
        }
    }

    private copy(symbol: number): void {
        if (symbol >= lengthBase.length) throw this.damaged()
        const length = lengthBase[symbol]! + this.bits(lengthExtra[symbol]!)
        const distanceSymbol = this.symbol(this.distanceCode!)
        if (distanceSymbol >= distanceBase.length) throw this.damaged()
        const distance = distanceBase[distanceSymbol]! + this.bits(distanceExtra[distanceSymbol]!)
        const { output } = this
        let at = this.filled
        if (distance > at) throw this.damaged()
        if (at + length > output.length) throw this.tooLarge()
        for (const end = at + length; at < end; at++) output[at] = output[at - distance]!
        this.filled = at
    }

    private readCodes(): void {
        const lengthCount = this.bits(5) + 257
        const distanceCount = this.bits(5) + 1
        const codeCount = this.bits(4) + 4
        const { lengths } = this
        for (let index = 0; index < 19; index++) lengths[codeOrder[index]!] = index < codeCount ? this.bits(3) : 0
        const code = this.valid(huffman(this.ownCodes, lengths, 0, 19), false)
        const total = lengthCount + distanceCount
        let count = 0
        while (count < total) {
            const symbol = this.symbol(code)
            if (symbol < 16) {
                lengths[count++] = symbol
                continue
            }
            if (symbol === 16 && count === 0) throw this.damaged()
            const value = symbol === 16 ? lengths[count - 1]! : 0
            let repeat = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7)
            while (repeat-- > 0) lengths[count++] = value
        }
        if (count > total || lengths[256] === 0) throw this.damaged()
        this.lengthCode = this.valid(huffman(this.ownLength, lengths, 0, lengthCount), true)
        this.distanceCode = this.valid(huffman(this.ownDistance, lengths, lengthCount, distanceCount), true)
    }

    private bits(need: number): number {
        while (this.bitCount < need) {
            if (this.position >= this.input.length) throw this.damaged()
            this.bitBuffer |= this.input[this.position++]! << this.bitCount
            this.bitCount += 8
        }
        const value = this.bitBuffer & ((1 << need) - 1)
        this.bitBuffer >>>= need
        this.bitCount -= need
        return value
    }

    private symbol({ counts, symbols }: Huffman): number {
        let { bitBuffer, bitCount } = this
        let value = 0
        let first = 0
        let index = 0
        for (let length = 1; length <= 15; length++) {
            if (bitCount === 0) {
                if (this.position >= this.input.length) throw this.damaged()
                bitBuffer = this.input[this.position++]!
                bitCount = 8
            }
            value |= bitBuffer & 1
            bitBuffer >>>= 1
            bitCount--
            const count = counts[length]!
            if (value - count < first) {
                this.bitBuffer = bitBuffer
                this.bitCount = bitCount
                return symbols[index + (value - first)]!
            }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw this.damaged()
    }

    /** Refuses codes that zlib refuses: with too many symbols, or with too few, except one of one bit. */
    private valid(code: Huffman, mayBeIncomplete: boolean): Huffman {
        let left = 1
        let longest = 0
        for (let length = 1; length <= 15; length++) {
            left = left * 2 - code.counts[length]!
            if (left < 0) throw this.damaged()
            if (code.counts[length]! > 0) longest = length
        }
        if (left > 0 && !(mayBeIncomplete && longest <= 1)) throw this.damaged()
        return code
    }

    private damaged(): Error {
        return this.broken('is damaged (invalid deflate data)')
    }

    private tooLarge(): Error {
        return this.broken('unpacks to more than it says')
    }
}

function zeros(count: number): number[] {
    return new Array<number>(count).fill(0)
}

function emptyCode(symbols: number): Huffman {
    return { counts: zeros(16), symbols: zeros(symbols) }
}

/** @see RFC 1951, 3.2.6 */
function fixedCodes(): { length: Huffman; distance: Huffman } {
    const lengths = zeros(288).map((_zero, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8))
    const distances = zeros(30).map(() => 5)
    return {
        length: huffman(emptyCode(288), lengths, 0, lengths.length),
        distance: huffman(emptyCode(30), distances, 0, distances.length),
    }
}

/** Makes the code of these lengths in the memory of another one. */
function huffman(code: Huffman, lengths: readonly number[], from: number, count: number): Huffman {
    const { counts, symbols } = code
    for (let length = 0; length < 16; length++) counts[length] = 0
    for (let symbol = 0; symbol < count; symbol++) counts[lengths[from + symbol]!]!++
    counts[0] = 0
    const offsets = [0, 0]
    for (let length = 1; length < 15; length++) offsets[length + 1] = offsets[length]! + counts[length]!
    for (let symbol = 0; symbol < count; symbol++) {
        const length = lengths[from + symbol]!
        if (length !== 0) symbols[offsets[length]!++] = symbol
    }
    return code
}

const codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const lengthBase = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const distanceBase = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12289, 16385, 24577,
]
const distanceExtra = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13]
