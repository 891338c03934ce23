/** RFC 3986's unreserved characters and the slash: what a canonical path holds unencoded. */
const plainPath = /^[\w.~\/-]*$/

/**
 * The canonical path of a key: unreserved characters and `/` as they are, every other byte as upper-case `%XX`. The
 * same text is sent and signed, so no server can see another key than the signature names.
 *
 * @param text the key, which has to be UTF-8: of other bytes the text tells too little
 * @see AWS, "Signature Version 4 signing process", UriEncode; RFC 3986, section 2.3
 */
export function canonicalPath(text: string): string {
    // Most keys are their own path, and the test costs a fraction of encoding them.
    if (plainPath.test(text)) return text
    const path = encodeURIComponent(text).split('%2F').join('/')
    // RFC 2396 called these unreserved.
    return /[!'()*]/.test(path) ? path.replace(/[!'()*]/g, encodeCharacter) : path
}

function encodeCharacter(character: string): string {
    return '%' + character.charCodeAt(0).toString(16).toUpperCase()
}
