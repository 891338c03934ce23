import { quoted } from '../distribution/refusal.js'
import { RefusedUpload, useCurrentClient } from './refused-upload.js'

/** The header of one part of a form. */
export interface PartHeader {
    /** The name of the field. */
    name: string
    /** Undefined for a part that is not a file. */
    filename: string | undefined
}

/** A parameter of a header: `; name=value` or `; name="value"`. @see RFC 9110, 5.6.6; RFC 7578, 4.2 */
const parameter = /^[ \t]*;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s";,]+))/

/** No boundary is longer. @see RFC 2046, 5.1.1 */
const maxBoundary = 70

/**
 * The boundary in the Content-Type of a request.
 *
 * @throws RefusedUpload unless it is `multipart/form-data` with one valid boundary
 */
export function boundaryOf(contentType: string): string {
    const { value, parameters } = parseValue(contentType, 'Content-Type')
    if (value.toLowerCase() !== 'multipart/form-data') {
        const found = value === '' ? 'the request has no Content-Type' : `the request is ${quoted(value)}`
        throw new RefusedUpload(
            400,
            `${found}, but an upload is a form of the type multipart/form-data`,
            useCurrentClient,
        )
    }
    const boundary = parameters.get('boundary')
    if (boundary === undefined)
        throw new RefusedUpload(400, 'the Content-Type of the form has no boundary', useCurrentClient)
    if (boundary.length > maxBoundary || !/^[!-~](?:[ -~]*[!-~])?$/.test(boundary)) {
        throw new RefusedUpload(400, `the boundary of the form is not valid: ${quoted(boundary)}`, useCurrentClient)
    }
    return boundary
}

/**
 * Parses the header of a part.
 *
 * @param text the header lines, without the empty line after them
 * @throws RefusedUpload for a part that is not a plain field or file
 * @see RFC 7578
 */
export function parsePartHeader(text: string): PartHeader {
    const plain = plainName(text)
    if (plain !== undefined) return { name: plain, filename: undefined }
    let disposition: string | undefined
    for (const line of text === '' ? [] : unfolded(text).split('\r\n')) {
        const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/.exec(line)
        if (match === null || /[\x00-\x08\x0a-\x1f\x7f]/.test(line)) {
            throw new RefusedUpload(
                400,
                `the form has a part with an invalid header: ${quoted(line)}`,
                useCurrentClient,
            )
        }
        const name = match[1]!.toLowerCase()
        if (name === 'content-disposition') {
            if (disposition !== undefined) throw invalid('has two Content-Disposition headers')
            disposition = match[2]!
        }
        if (name === 'content-type' && /^multipart\//i.test(match[2]!)) {
            throw invalid('is a form itself (nested multipart)')
        }
        if (name === 'content-transfer-encoding' && !/^(?:7bit|8bit|binary)[ \t]*$/i.test(match[2]!)) {
            throw invalid(`has the Content-Transfer-Encoding ${quoted(match[2]!)}; files are sent unencoded`)
        }
    }
    if (disposition === undefined) throw invalid('has no Content-Disposition, so it has no name')
    const { value, parameters } = parseValue(disposition, 'Content-Disposition')
    if (value.toLowerCase() !== 'form-data') throw invalid(`is ${quoted(value)} instead of form-data`)
    const name = parameters.get('name')
    if (name === undefined) throw invalid('has no name')
    if (parameters.has('filename*')) {
        throw invalid(`(${quoted(name)}) has an encoded file name (filename*); names of distributions are ASCII`)
    }
    return { name, filename: parameters.get('filename') }
}

const plainStart = 'Content-Disposition: form-data; name="'

/**
 * The name in the header that most fields have; undefined for any other header. Without regular expressions: njs frees
 * the memory of one, up to 5 kB, at the end of the request only, and a form has up to 1,500 fields.
 */
function plainName(text: string): string | undefined {
    const end = text.length - 1
    if (text.slice(0, plainStart.length) !== plainStart || text.charCodeAt(end) !== 0x22) return undefined
    for (let at = plainStart.length; at < end; at++) {
        const code = text.charCodeAt(at)
        if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return undefined
    }
    return end < plainStart.length ? undefined : text.slice(plainStart.length, end)
}

function invalid(problem: string): RefusedUpload {
    return new RefusedUpload(400, `a part of the form ${problem}`, useCurrentClient)
}

/** Joins lines that continue on the next one. @see RFC 5322, 2.2.3 */
function unfolded(text: string): string {
    return text.replace(/\r\n[ \t]+/g, ' ')
}

function parseValue(text: string, header: string): { value: string; parameters: Map<string, string> } {
    const value = /^[^;]*/.exec(text)![0]
    const parameters = new Map<string, string>()
    let rest = text.slice(value.length)
    while (!/^[ \t;]*$/.test(rest)) {
        const match = parameter.exec(rest)
        if (match === null) {
            throw new RefusedUpload(400, `the form has an invalid ${header}: ${quoted(text)}`, useCurrentClient)
        }
        const name = match[1]!.toLowerCase()
        if (parameters.has(name)) {
            throw new RefusedUpload(
                400,
                `the form has a ${header} with two ${quoted(name)} parameters`,
                useCurrentClient,
            )
        }
        parameters.set(name, match[2] === undefined ? match[3]! : match[2].replace(/\\(["\\])/g, '$1'))
        rest = rest.slice(match[0].length)
    }
    return { value: value.trim(), parameters }
}
