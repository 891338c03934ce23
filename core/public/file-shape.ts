import type { JsonScanner, ValueRecord } from './json-scanner.js'

const quote = 0x22

/** Ranges of the values of a file that matter, without their quotes. */
export interface FileRanges {
    filename: number
    filenameEnd: number
    url: number
    urlEnd: number
    /** -1 for none. */
    time: number
    timeEnd: number
}

/**
 * The bytes of a file on a page, except its strings and numbers. The files of a page have few shapes, and comparing bytes in
 * native code costs a fifth of reading each name.
 *
 * A file of the shape is valid JSON: it has the tokens of a file that was read, with other plain strings and other numbers.
 */
export class FileShape {
    private readonly literals: Uint8Array[] = []
    private readonly isString: boolean[] = []
    private filename = -1
    private url = -1
    private time = -1

    /**
     * @param record of a file without escapes
     * @param ranges in the record
     */
    constructor(bytes: Uint8Array, start: number, end: number, record: ValueRecord, ranges: FileRanges) {
        let from = start
        for (let index = 0; index < record.starts.length; index++) {
            const at = record.starts[index]!
            this.literals.push(bytes.subarray(from, at))
            this.isString.push(record.kinds[index] === quote)
            if (at === ranges.filename) this.filename = index
            if (at === ranges.url) this.url = index
            if (at === ranges.time) this.time = index
            from = record.ends[index]!
        }
        this.literals.push(bytes.subarray(from, end))
    }

    /** Takes a file of this shape, and notes its ranges. @returns false for another file: nothing is taken then */
    takes(scanner: JsonScanner, ranges: FileRanges): boolean {
        const start = scanner.position
        const { literals, isString, filename, url, time } = this
        const last = isString.length
        ranges.time = -1
        for (let index = 0; index < last; index++) {
            if (!scanner.takesBytes(literals[index]!)) return this.fail(scanner, start)
            const from = scanner.position
            let end: number
            if (isString[index]) {
                end = scanner.plainContent()
                if (end < 0) return this.fail(scanner, start)
            } else {
                const byte = scanner.bytes[from]!
                // Plain digits: others are read in the usual way.
                if (!(byte >= 0x31 && byte <= 0x39)) return this.fail(scanner, start)
                scanner.skipNumber()
                end = scanner.position
            }
            if (index === filename) {
                ranges.filename = from
                ranges.filenameEnd = end
            } else if (index === url) {
                ranges.url = from
                ranges.urlEnd = end
            } else if (index === time) {
                ranges.time = from
                ranges.timeEnd = end
            }
        }
        return scanner.takesBytes(literals[last]!) || this.fail(scanner, start)
    }

    private fail(scanner: JsonScanner, start: number): false {
        scanner.position = start
        return false
    }
}
