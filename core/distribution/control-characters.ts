/**
 * Code points of the Unicode categories Cc, Cf, Cs and Co, and noncharacters, as pairs of first and last. njs has no
 * `\p{C}`. Unassigned code points are not among them: a later Unicode may assign them.
 */
const ranges = [
    0x00, 0x1f, 0x7f, 0x9f, 0xad, 0xad, 0x600, 0x605, 0x61c, 0x61c, 0x6dd, 0x6dd, 0x70f, 0x70f, 0x890, 0x891, 0x8e2,
    0x8e2, 0x180e, 0x180e, 0x200b, 0x200f, 0x202a, 0x202e, 0x2060, 0x206f, 0xd800, 0xf8ff, 0xfdd0, 0xfdef, 0xfeff,
    0xfeff, 0xfff9, 0xfffb, 0xfffe, 0xffff, 0x110bd, 0x110bd, 0x110cd, 0x110cd, 0x13430, 0x1343f, 0x1bca0, 0x1bca3,
    0x1d173, 0x1d17a, 0xe0001, 0xe007f, 0xf0000, 0x10ffff,
]

/** Whether text has characters that are not shown. */
export function hasControlCharacter(text: string): boolean {
    for (let at = 0, last = 0; at < text.length; at++) {
        const code = text.codePointAt(at)!
        // The second half of a character, where strings are UTF-16: in QuickJS and Node.js.
        const isHalf = last > 0xffff && code >= 0xdc00 && code <= 0xdfff
        last = code
        if (!isHalf && isInRanges(code)) return true
    }
    return false
}

function isInRanges(code: number): boolean {
    let low = 0
    let high = ranges.length / 2
    while (low < high) {
        const middle = (low + high) >> 1
        if (code > ranges[2 * middle + 1]!) low = middle + 1
        else high = middle
    }
    return low < ranges.length / 2 && code >= ranges[2 * low]!
}
