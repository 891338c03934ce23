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
    for (const character of Array.from(text)) {
        const code = character.codePointAt(0)!
        for (let at = 0; at < ranges.length; at += 2) {
            if (code >= ranges[at]! && code <= ranges[at + 1]!) return true
        }
    }
    return false
}
