/** JSON in ASCII on one line: a log must not show characters that change what is read. */
export function asciiJson(value: unknown, replacer?: (name: string, value: unknown) => unknown): string {
    return JSON.stringify(value, replacer).replace(/[^\u0000-\u007e]/g, escaped)
}

/** njs takes a character beyond U+FFFF as one, other engines as two. */
function escaped(character: string): string {
    const code = character.charCodeAt(0)
    if (code <= 0xffff) return unit(code)
    return unit(0xd800 + ((code - 0x10000) >> 10)) + unit(0xdc00 + ((code - 0x10000) & 0x3ff))
}

function unit(code: number): string {
    return '\\u' + ('000' + code.toString(16)).slice(-4)
}
