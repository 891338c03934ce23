/** What a canonical path has encoded: all but RFC 3986's unreserved characters and the slash. */
const encoded = /[^\w.~\/-]/

/**
 * The canonical path of a key: unreserved characters and `/` unchanged, every other byte as upper-case `%XX`. The same
 * text is sent and signed, so a server cannot see a different key than the one signed.
 *
 * @param text the key; must be decoded from valid UTF-8, because other bytes are lost in decoding
 * @see AWS, "Signature Version 4 signing process", UriEncode; RFC 3986, section 2.3
 */
export function canonicalPath(text: string): string {
    // Most keys need no encoding, and this test is much cheaper than encoding them.
    if (!encoded.test(text)) return text
    const path = encodeURIComponent(text).split('%2F').join('/')
    // encodeURIComponent leaves these unencoded: they were unreserved in RFC 2396.
    return /[!'()*]/.test(path) ? path.replace(/[!'()*]/g, encodeCharacter) : path
}

function encodeCharacter(character: string): string {
    return '%' + character.charCodeAt(0).toString(16).toUpperCase()
}
