import { encodeUtf8 } from '../utf8.js'
import { FileShape, type FileRanges } from './file-shape.js'
import type { JsonScanner } from './json-scanner.js'
import { UnreadablePage } from './unreadable-page.js'

const comma = 0x2c
const openObject = 0x7b
const closeObject = 0x7d
const quote = 0x22

/** With and without metadata, provenance and requires-python, yanked or not. */
const maxShapes = 12

/** Reads the files of a page: most of them by a shape that it has seen before. */
export class FileReader {
    private readonly shapes: FileShape[] = []

    /**
     * Takes a file.
     *
     * @returns ranges that are valid until the next call
     * @throws UnreadablePage
     */
    read(scanner: JsonScanner): FileRanges {
        const { shapes } = this
        for (let index = 0; index < shapes.length; index++) {
            const shape = shapes[index]!
            if (!shape.takes(scanner, ranges)) continue
            // The next file usually has the same.
            if (index > 0) {
                shapes[index] = shapes[0]!
                shapes[0] = shape
            }
            return ranges
        }
        if (shapes.length >= maxShapes) return readMembers(scanner)
        const start = scanner.position
        const record = { starts: [], ends: [], kinds: [] as number[] }
        scanner.record = record
        readMembers(scanner)
        scanner.record = undefined
        if (record.kinds.indexOf(0) < 0) {
            shapes.push(new FileShape(scanner.bytes, start, scanner.position, record, ranges))
        }
        return ranges
    }
}

/** Reused: njs keeps each object until the end of the request. */
const ranges: FileRanges = { filename: -1, filenameEnd: 0, url: -1, urlEnd: 0, time: -1, timeEnd: 0 }

const filenameName = encodeUtf8('filename')
const urlName = encodeUtf8('url')
const timeName = encodeUtf8('upload-time')

function readMembers(scanner: JsonScanner): FileRanges {
    ranges.filename = ranges.url = ranges.time = -1
    let hasTime = false
    scanner.expect(openObject)
    if (!scanner.takes(closeObject)) {
        do {
            const length = scanner.name()
            const start = scanner.nameStart
            if (scanner.is(start, length, filenameName)) {
                if (ranges.filename >= 0) throw new UnreadablePage('a file has two names')
                ranges.filenameEnd = plainString(scanner)
                ranges.filename = scanner.stringStart
            } else if (scanner.is(start, length, urlName)) {
                if (ranges.url >= 0) throw new UnreadablePage('a file has two URLs')
                ranges.urlEnd = plainString(scanner)
                ranges.url = scanner.stringStart
            } else if (scanner.is(start, length, timeName)) {
                if (hasTime) throw new UnreadablePage('a file has two upload times')
                hasTime = true
                if (scanner.next() === quote) {
                    ranges.timeEnd = plainString(scanner)
                    ranges.time = scanner.stringStart
                } else scanner.skipValue(3)
            } else scanner.skipValue(3)
        } while (!scanner.takes(closeObject) && (scanner.expect(comma), true))
    }
    if (ranges.filename < 0) throw new UnreadablePage('a file has no name')
    if (ranges.url < 0) throw new UnreadablePage('a file has no URL')
    return ranges
}

/** Takes a string without escapes. @returns the end of its content */
function plainString(scanner: JsonScanner): number {
    const end = scanner.string()
    if (scanner.hadEscape) throw new UnreadablePage('the name, URL or upload time of a file has an escape')
    if (scanner.record !== undefined) scanner.note(scanner.stringStart, end, quote)
    return end
}
