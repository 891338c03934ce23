import type { Engine } from '../byte-source.js'
import { areEqualAt } from '../bytes.js'
import { encodeUtf8 } from '../utf8.js'

const lineFeed = 10

/** A range of whole lines of a page, in order. Each ends with a line feed. */
export interface Lines {
    start: number
    end: number
}

/**
 * Finds the place of a line by binary search.
 *
 * @param order of the line at a range, relative to the one that is searched: negative if it comes before, 0 if it is that
 *     line; undefined if it is not a line of the page
 * @returns the range of the line, or an empty one where it is to be inserted; undefined if the page is not ordered so
 */
export function findLine(
    page: Uint8Array,
    lines: Lines,
    order: (line: Lines) => number | undefined,
): Lines | undefined {
    let { start: low, end: high } = lines
    while (low < high) {
        const line = lineAround(page, low + ((high - low) >> 1), lines)
        const compared = order(line)
        if (compared === undefined) return undefined
        if (compared === 0) return line
        if (compared < 0) low = line.end
        else high = line.start
    }
    return { start: low, end: low }
}

/** The line that a position is in, within a range of lines. */
function lineAround(page: Uint8Array, position: number, { start, end }: Lines): Lines {
    let first = position
    while (first > start && page[first - 1] !== lineFeed) first--
    let last = position
    while (last < end - 1 && page[last] !== lineFeed) last++
    return { start: first, end: last + 1 }
}

/** Replaces a range of a page. */
export function replaced(engine: Engine, page: Uint8Array, { start, end }: Lines, text: string): Uint8Array {
    const bytes = encodeUtf8(text)
    const result = engine.allocate(page.length - (end - start) + bytes.length)
    result.set(page.subarray(0, start))
    result.set(bytes, start)
    result.set(page.subarray(end), start + bytes.length)
    return result
}

/** Puts pieces of pages together. */
export function joined(engine: Engine, pieces: readonly Uint8Array[]): Uint8Array {
    const result = engine.allocate(pieces.reduce((size, piece) => size + piece.length, 0))
    let filled = 0
    for (const piece of pieces) {
        result.set(piece, filled)
        filled += piece.length
    }
    return result
}

/** Whether a page has this text at a position. */
export function hasText(page: Uint8Array, at: number, text: string): boolean {
    const bytes = encodeUtf8(text)
    return at >= 0 && at + bytes.length <= page.length && areEqualAt(page, at, bytes, 0, bytes.length)
}
