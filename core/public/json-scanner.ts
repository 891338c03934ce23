import { encodeUtf8 } from '../utf8.js'
import type { ByteTools } from './byte-tools.js'
import { UnreadablePage } from './unreadable-page.js'

/** Ranges of the strings and numbers that were taken, in order. */
export interface ValueRecord {
    starts: number[]
    ends: number[]
    kinds: number[]
}

/** Of objects and lists in each other. */
const maxDepth = 16

/** Bytes that are checked at once for control characters and UTF-8. */
const blockSize = 65536

const controls = /[\x00-\x1f]/

const quote = 0x22
const backslash = 0x5c

/**
 * Reads JSON byte by byte, as RFC 8259 has it, without building values: njs keeps each value until the end of the request.
 *
 * It accepts what JSON.parse accepts, except invalid UTF-8, deep nesting, and names with escapes in the objects that the caller
 * reads itself. The end of a string is searched in native code.
 */
export class JsonScanner {
    /** The next backslash, at `position` or later. */
    private nextBackslash = -1
    /** Up to here, the bytes are UTF-8. */
    private checked: number
    /** Whether control characters were seen: strings are then checked one by one. */
    private isCareful = false
    /** White space follows: a line break at the end must not make the scanner careful. */
    private readonly contentEnd: number

    /**
     * @param bytes a part of the page
     * @param position where a value begins, or what is between values
     * @param isFinal whether the page ends with these bytes
     * @param checksText whether strings that are skipped must be UTF-8 without control characters
     */
    constructor(
        readonly bytes: Uint8Array,
        private readonly tools: ByteTools,
        public position: number,
        private readonly isFinal: boolean,
        checksText: boolean,
    ) {
        this.checked = checksText ? position : bytes.length
        let end = bytes.length
        // The last character may be in the next part, too.
        if (!isFinal) {
            for (let back = 0; back < 3 && end > position && (bytes[end - 1]! & 0xc0) === 0x80; back++) end--
            if (end > position && bytes[end - 1]! >= 0xc0) end--
        }
        while (end > position && bytes[end - 1]! <= 0x20) end--
        this.contentEnd = end
    }

    /** Whether more bytes were wanted than there are. */
    isShort = false

    private endsEarly(): never {
        this.isShort = true
        throw new UnreadablePage('it ends early')
    }

    /** The last value may go on in the next part, as numbers do. */
    expectMore(): void {
        if (!this.isFinal && this.position === this.bytes.length) this.endsEarly()
    }

    /** The next byte that is not white space. @throws UnreadablePage at the end */
    next(): number {
        const { bytes } = this
        for (;;) {
            const byte = bytes[this.position]
            if (byte === undefined) this.endsEarly()
            if (byte > 0x20) return byte
            if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
                throw new UnreadablePage('it has a control character')
            }
            this.position++
        }
    }

    /** @throws UnreadablePage if something other than white space follows */
    expectEnd(): void {
        const { bytes } = this
        while (this.position < bytes.length) {
            const byte = bytes[this.position]!
            if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
                throw new UnreadablePage('something follows its object')
            }
            this.position++
        }
    }

    /** Takes white space and this byte. */
    expect(byte: number): void {
        if (this.next() !== byte) throw new UnreadablePage(`it lacks a ${String.fromCharCode(byte)}`)
        this.position++
    }

    /** Takes white space and this byte, if it is next. */
    takes(byte: number): boolean {
        if (this.next() !== byte) return false
        this.position++
        return true
    }

    /**
     * Takes a name and its colon. The name begins at `nameStart`.
     *
     * @returns its length, in bytes
     * @throws UnreadablePage if it has an escape: it could be another spelling of a name that the caller looks for
     */
    name(): number {
        const end = this.string()
        if (this.hadEscape) throw new UnreadablePage('it has a name with an escape')
        this.nameStart = this.stringStart
        this.expect(0x3a)
        return end - this.nameStart
    }
    nameStart = 0

    /** The content of the last string. */
    stringStart = 0
    /** Whether the last string has an escape. */
    hadEscape = false

    /** Takes a string. @returns the end of its content */
    string(): number {
        const { bytes, tools } = this
        this.expect(quote)
        const start = this.position
        let end = tools.indexOf(bytes, quote, start)
        if (end < 0) this.endsEarly()
        if (this.nextBackslash < start && this.nextBackslash !== -2) this.findBackslash(start)
        this.hadEscape = this.nextBackslash >= start && this.nextBackslash < end
        if (this.hadEscape) end = this.endWithEscapes(this.nextBackslash)
        while (this.checked < end) this.checkBlock()
        if (this.isCareful && tools.text(bytes, start, end).search(controls) >= 0) {
            throw new UnreadablePage('a string has a control character')
        }
        this.stringStart = start
        this.position = end + 1
        return end
    }

    /** The end of a string whose first backslash is at `position`. @throws UnreadablePage for a wrong escape */
    private endWithEscapes(position: number): number {
        const { bytes } = this
        for (;;) {
            const byte = bytes[position]
            if (byte === undefined) this.endsEarly()
            if (byte === quote) return position
            if (byte !== backslash) {
                position++
                continue
            }
            const letter = bytes[position + 1]
            if (letter === undefined) this.endsEarly()
            // " \ / b f n r t, or uXXXX
            if (letter === 0x75) {
                if (position + 6 > bytes.length) this.endsEarly()
                for (let digit = position + 2; digit < position + 6; digit++) {
                    if (!isHexDigit(bytes[digit])) throw new UnreadablePage('a string has a wrong escape')
                }
                position += 6
            } else if ('"\\/bfnrt'.indexOf(String.fromCharCode(letter)) >= 0) position += 2
            else throw new UnreadablePage('a string has a wrong escape')
        }
    }

    private findBackslash(from: number): void {
        const found = this.tools.indexOf(this.bytes, backslash, from)
        this.nextBackslash = found < 0 ? -2 : found
    }

    private checkBlock(): void {
        const { bytes, tools } = this
        let to = Math.min(this.checked + blockSize, this.contentEnd)
        // Not inside of a character, which has four bytes at most.
        for (let back = 0; back < 3 && to < this.contentEnd && (bytes[to]! & 0xc0) === 0x80; back++) to--
        const text = tools.strictText(bytes, this.checked, to)
        if (text === undefined) throw new UnreadablePage('it is not UTF-8')
        // Unlike test(), search() does not cost njs memory.
        if (text.search(controls) >= 0) this.isCareful = true
        this.checked = to
    }

    /** Where the values of strings and numbers are recorded while they are skipped; undefined: nowhere. */
    record: ValueRecord | undefined = undefined

    /**
     * Takes a string without escapes whose opening quote is taken.
     *
     * @returns the end of its content; -1, and nothing is taken, if it has an escape, or the page control characters
     */
    plainContent(): number {
        const { bytes, position } = this
        const end = this.tools.indexOf(bytes, quote, position)
        if (end < 0) return -1
        if (this.nextBackslash !== -2) {
            if (this.nextBackslash < position) this.findBackslash(position)
            if (this.nextBackslash >= position && this.nextBackslash < end) return -1
        }
        while (this.checked < end) this.checkBlock()
        if (this.isCareful) return -1
        this.position = end
        return end
    }

    /** Takes these bytes, if they are next. */
    takesBytes(wanted: Uint8Array): boolean {
        const { bytes, position } = this
        const { length } = wanted
        if (position + length > bytes.length || !this.tools.areEqual(bytes, position, wanted, 0, length)) return false
        this.position = position + length
        return true
    }

    /** Takes any value. @param depth of the object or list that holds it */
    skipValue(depth: number): void {
        const first = this.next()
        if (first === quote) {
            const end = this.string()
            if (this.record !== undefined) this.note(this.stringStart, end, this.hadEscape ? 0 : quote)
        } else if (first === 0x7b || first === 0x5b) this.skipNested(first, depth + 1)
        else if (first === 0x74) this.skipWord(trueWord)
        else if (first === 0x66) this.skipWord(falseWord)
        else if (first === 0x6e) this.skipWord(nullWord)
        else {
            const start = this.position
            this.skipNumber()
            if (this.record !== undefined) this.note(start, this.position, first)
        }
    }

    /** @param kind a quote for a string without escapes; 0 for one with escapes; else a number */
    note(start: number, end: number, kind: number): void {
        const record = this.record!
        record.starts.push(start)
        record.ends.push(end)
        record.kinds.push(kind)
    }

    private skipNested(open: number, depth: number): void {
        if (depth > maxDepth) throw new UnreadablePage(`it is nested more than ${maxDepth} times`)
        const isObject = open === 0x7b
        const close = isObject ? 0x7d : 0x5d
        this.position++
        if (this.takes(close)) return
        for (;;) {
            if (isObject) {
                this.string()
                this.expect(0x3a)
            }
            this.skipValue(depth)
            if (this.takes(close)) return
            this.expect(0x2c)
        }
    }

    private skipWord(word: Uint8Array): void {
        const { bytes } = this
        for (let index = 0; index < word.length; index++) {
            const byte = bytes[this.position + index]
            if (byte === undefined) this.endsEarly()
            if (byte !== word[index]) throw new UnreadablePage('it is damaged')
        }
        this.position += word.length
    }

    /** -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)? */
    skipNumber(): void {
        const { bytes } = this
        if (bytes[this.position] === 0x2d) this.position++
        if (bytes[this.position] === 0x30) this.position++
        else this.skipDigits()
        if (bytes[this.position] === 0x2e) {
            this.position++
            this.skipDigits()
        }
        if (bytes[this.position] === 0x65 || bytes[this.position] === 0x45) {
            this.position++
            const sign = bytes[this.position]
            if (sign === 0x2b || sign === 0x2d) this.position++
            this.skipDigits()
        }
    }

    /** At least one. */
    private skipDigits(): void {
        const { bytes } = this
        const start = this.position
        let byte = bytes[start]
        while (byte !== undefined && byte >= 0x30 && byte <= 0x39) byte = bytes[++this.position]
        if (byte === undefined) this.isShort = true
        if (this.position === start) throw new UnreadablePage('it is damaged')
    }

    /** Whether a range is this text. */
    is(start: number, length: number, text: Uint8Array): boolean {
        return length === text.length && this.tools.areEqual(this.bytes, start, text, 0, length)
    }

    /** Decodes a range. */
    text(from: number, to: number): string {
        return this.tools.text(this.bytes, from, to)
    }
}

const trueWord = encodeUtf8('true')
const falseWord = encodeUtf8('false')
const nullWord = encodeUtf8('null')

function isHexDigit(byte: number | undefined): boolean {
    if (byte === undefined) return false
    return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
}
