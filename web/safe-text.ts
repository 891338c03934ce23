/** Characters that reorder the text around them: a reader would not see what is written. */
const reordering = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
/** Control characters, except tab and line breaks, and characters without width; U+200D joins emoji. */
const controls =
    /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u115f\u1160\u180e\u200b\u200c\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]/g

/** Text from a package, with its invisible characters made visible: `\u202e` becomes `[U+202E]`. */
export function visible(text: string): string {
    return text.replace(reordering, codePoint).replace(controls, codePoint)
}

function codePoint(character: string): string {
    return `[U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`
}

/** A link that a package names, if it leads to a web page; undefined for `javascript:` and all others. */
export function webLink(text: string): string | undefined {
    if (!/^https?:\/\//i.test(text.trim())) return undefined
    try {
        return new URL(text.trim()).href
    } catch {
        return undefined
    }
}

/** The host of a link, for a reader who decides whether to follow it. */
export function hostOf(link: string): string {
    return new URL(link).host
}

/** Shortens a text. @param length at most, in characters */
export function shortened(text: string, length: number): string {
    return text.length <= length ? text : `${text.slice(0, length)}…`
}
