import type { ByteSource, Engine } from '../byte-source.js'
import { quoted } from '../distribution/refusal.js'
import { decodeUtf8, encodeUtf8 } from '../utf8.js'
import { FormWindow } from './form-window.js'
import { boundaryOf, parsePartHeader, type PartHeader } from './part-header.js'
import { RefusedUpload, useCurrentClient } from './refused-upload.js'

/** The form of an upload. */
export interface UploadForm {
    /** The fields that the index reads, by name. */
    fields: Map<string, string>
    /** The field `content`: its position in the body, in bytes. */
    file: { filename: string; offset: number; size: number }
}

/** The fields that the index reads, with the largest size of each in bytes. The others are skipped. */
const knownFields = new Map([
    [':action', 100],
    ['protocol_version', 100],
    ['filetype', 100],
    ['name', 1024],
    ['version', 1024],
    ['requires_python', 8192],
    ['sha256_digest', 256],
    ['md5_digest', 256],
    ['blake2_256_digest', 256],
    ['attestations', 256 * 1024],
])

/** A large project has 1,500 fields, most of them `requires_dist`. */
const maxParts = 5000
/** The header of a part has two lines. Bytes. */
const maxHeader = 8192
/** A description of 1 MB is rare, and all fields but the file copy METADATA. Bytes. */
const maxField = 8 * 1024 * 1024
const maxFields = 16 * 1024 * 1024
/** distutils sends a line break before the first boundary. Bytes. */
const maxPreamble = 1024
/** White space after a boundary. @see RFC 2046, 5.1.1 */
const maxPadding = 64
const lineBreak = encodeUtf8('\r\n')
const emptyLine = encodeUtf8('\r\n\r\n')
const hyphen = 0x2d
const partsBetweenPauses = 100

const again = 'Send the upload again.'

/**
 * Reads the form of an upload, with fields in any order.
 *
 * @param body of the request
 * @param contentType of the request
 * @param onContent called with the bytes of the file in order, in slices of up to 1 MiB; the next slice has the same
 *     memory
 * @throws RefusedUpload unless the form is complete, with one file
 * @see RFC 7578; RFC 2046, 5.1
 */
export async function readForm(
    body: ByteSource,
    contentType: string,
    engine: Engine,
    onContent: (bytes: Uint8Array) => void = () => {},
): Promise<UploadForm> {
    const delimiter = encodeUtf8(`\r\n--${boundaryOf(contentType)}`)
    const window = new FormWindow(body, engine)
    const fields = new Map<string, string>()
    let file: UploadForm['file'] | undefined
    let total = 0
    let at = await afterFirstDelimiter(window, delimiter, body.size)
    for (let count = 0; ; count++) {
        const start = partStart(window, at, body.size)
        if (start === undefined) break
        if (count === maxParts)
            throw new RefusedUpload(400, `the form has more than ${maxParts} fields`, useCurrentClient)
        if (count % partsBetweenPauses === partsBetweenPauses - 1) await engine.pause()
        const { name, filename, end } = readHeader(window, start, body.size)
        const isContent = name === 'content'
        if (isContent && file) throw new RefusedUpload(400, 'the form has two files ("content")', 'Send one file.')
        const limit = isContent ? body.size : end + maxField + 1
        // A boundary may follow the header at once: its line break is then that of the empty line.
        const next = window.isAt(end - 2, delimiter)
            ? end - 2
            : ((isContent ? undefined : window.findNear(delimiter, end, limit)) ??
              (await window.find(delimiter, end, limit, isContent ? onContent : undefined)))
        if (next === undefined) throw unending(name, limit < body.size)
        const size = Math.max(0, next - end)
        if (isContent) file = { filename: filenameOf(filename), offset: end, size }
        else {
            total += size
            if (total > maxFields) {
                throw new RefusedUpload(
                    400,
                    `the fields of the form have more than ${maxFields} bytes`,
                    useCurrentClient,
                )
            }
            addField(fields, name, size, (length) => window.bytes(end, length))
        }
        at = next + delimiter.length
    }
    if (file === undefined)
        throw new RefusedUpload(400, 'the form has no file: the field "content" is missing', useCurrentClient)
    return { fields, file }
}

/** @returns the position after the first boundary, which the body begins with, or which follows a short preamble */
async function afterFirstDelimiter(window: FormWindow, delimiter: Uint8Array, size: number): Promise<number> {
    if (size === 0) throw new RefusedUpload(400, 'the body of the request is empty', again)
    if (window.isAt(0, delimiter.subarray(2))) return delimiter.length - 2
    const found = await window.find(delimiter, 0, maxPreamble)
    if (found !== undefined) return found + delimiter.length
    throw new RefusedUpload(
        400,
        'the body does not begin with the boundary that its Content-Type names',
        'Check what changes requests between the client and the index, such as a proxy.',
    )
}

/** @returns where the header of the next part begins; undefined after the last part */
function partStart(window: FormWindow, at: number, size: number): number | undefined {
    if (window.byte(at) === hyphen && window.byte(at + 1) === hyphen) {
        const end = window.isAt(at + 2, lineBreak) ? at + 4 : at + 2
        if (end === size) return undefined
        throw new RefusedUpload(400, 'data follows the closing boundary of the form', useCurrentClient)
    }
    let padded = at
    while (padded < at + maxPadding && isBlank(window.byte(padded))) padded++
    if (window.isAt(padded, lineBreak)) return padded + 2
    // A cut may leave the first half of the closing "--", or of the line break.
    const left = size - padded
    if (left === 0 || (left === 1 && [hyphen, 13].includes(window.byte(padded)!))) throw cutOff()
    throw new RefusedUpload(
        400,
        'the boundary of the form is also inside a field or the file',
        'Send the upload again: clients choose a new boundary for each.',
    )
}

function isBlank(byte: number | undefined): boolean {
    return byte === 0x20 || byte === 0x09
}

function readHeader(window: FormWindow, start: number, size: number): PartHeader & { end: number } {
    const found = window.isAt(start, lineBreak) ? start - 2 : window.findNear(emptyLine, start, start + maxHeader)
    if (found === undefined) {
        if (start + maxHeader >= size) throw cutOff()
        throw new RefusedUpload(
            400,
            `the header of a part of the form has more than ${maxHeader} bytes`,
            useCurrentClient,
        )
    }
    const text = decodeUtf8(window.bytes(start, Math.max(0, found - start)))
    if (text === undefined)
        throw new RefusedUpload(400, 'the header of a part of the form is not UTF-8', useCurrentClient)
    return { ...parsePartHeader(text), end: found + emptyLine.length }
}

function addField(fields: Map<string, string>, name: string, size: number, read: (length: number) => Uint8Array): void {
    const largest = knownFields.get(name)
    if (largest === undefined) return
    if (size > largest) {
        throw new RefusedUpload(
            400,
            `the field ${name} has ${size} bytes; at most ${largest} are allowed`,
            useCurrentClient,
        )
    }
    if (fields.has(name)) throw new RefusedUpload(400, `the form has the field ${name} twice`, useCurrentClient)
    const text = decodeUtf8(read(size))
    if (text === undefined) throw new RefusedUpload(400, `the field ${name} is not UTF-8`, useCurrentClient)
    fields.set(name, text)
}

function filenameOf(filename: string | undefined): string {
    if (filename !== undefined && filename !== '') return filename
    throw new RefusedUpload(400, 'the field "content" has no file name', useCurrentClient)
}

function unending(name: string, isTooLarge: boolean): RefusedUpload {
    if (!isTooLarge) return cutOff()
    return new RefusedUpload(400, `the field ${quoted(name)} has more than ${maxField} bytes`, useCurrentClient)
}

function cutOff(): RefusedUpload {
    return new RefusedUpload(400, 'the form is cut off: its closing boundary is missing', again)
}
