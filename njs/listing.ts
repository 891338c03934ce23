// Reads a page of S3's ListObjectsV2. Whatever contradicts itself or was not requested is an error: a page of the index that
// is made from a part of a listing would hide versions.

/** A page of a listing. */
export interface Listing {
    /** Texts of its `Contents` elements, for `readObject`. */
    objects: string[]
    /** Whether keys are percent-encoded. Some servers ignore `encoding-type=url`. */
    isEncoded: boolean
    /** For the next page; empty for the last. */
    token: string
}

/** An object of a folder. */
export interface ListedObject {
    /** Without the folder; undefined if the key is not UTF-8. */
    name: string | undefined
    /** Bytes. */
    size: number
    /** UTC, as PEP 700 writes it: 2026-01-02T03:04:05.000000Z */
    lastModified: string
}

/** Longer than the tokens of all known servers; some encode a key in it. Characters. */
const maxToken = 4096

/**
 * The query of a listing: encoded and sorted, as it is signed.
 *
 * @param encodedFolder percent-encoded prefix, `acme%2F`
 * @param token of the page before; empty for the first page
 */
export function listingQuery(encodedFolder: string, token: string): string {
    return (
        (token ? 'continuation-token=' + percentEncoded(token) + '&' : '') +
        // The delimiter leaves out what is in folders below.
        'delimiter=%2F&encoding-type=url&list-type=2&max-keys=1000&prefix=' +
        encodedFolder
    )
}

function percentEncoded(text: string): string {
    return encodeURIComponent(text).replace(/[!'()*]/g, function (character) {
        return '%' + character.charCodeAt(0).toString(16).toUpperCase()
    })
}

/**
 * Splits a page of a listing. The objects are not looked at yet: in nginx, a thousand at once would block other requests.
 *
 * @param xml S3's response
 * @param folder the requested prefix, `acme/`
 * @throws Error unless it is a whole, consistent listing of this folder
 */
export function readListing(xml: string, folder: string): Listing {
    const end = xml.lastIndexOf('</ListBucketResult>')
    if (!/^\s*(?:<\?xml[^<>]*\?>\s*)?<ListBucketResult[\s>]/.test(xml.slice(0, 500)) || end < 0) {
        throw new Error('the response of S3 is not a whole listing')
    }
    // Comments, CDATA and entities could hide or add keys. No S3 server sends them.
    if (xml.slice(end + 19).trim() !== '' || xml.indexOf('</ListBucketResult>') !== end || xml.indexOf('<!') >= 0) {
        throw new Error('the response of S3 is more than a listing')
    }
    const parts = xml.slice(0, end).split('<Contents>')
    const outside: string[] = [parts[0]!]
    const objects = parts.slice(1).map(function (part) {
        const close = part.indexOf('</Contents>')
        if (close < 0) throw new Error('S3 lists a key that does not end')
        if (part.length > close + 11) outside.push(part.slice(close + 11))
        return part.slice(0, close)
    })
    return describe(objects, outside.join(''), folder)
}

/** @param text the listing without its objects */
function describe(objects: string[], text: string, folder: string): Listing {
    const prefixes = text.split('<CommonPrefixes>').length - 1
    const rest = text.replace(/<CommonPrefixes>(?:\s*<Prefix>[^<]*<\/Prefix>)*\s*<\/CommonPrefixes>/g, '')
    if (/<\/?(?:Contents|CommonPrefixes)[\s>]/.test(rest)) throw new Error('S3 lists keys in an unknown form')
    const isEncoded = only(rest, 'EncodingType') === 'url'
    const prefix = only(rest, 'Prefix')
    // Some servers do not encode it, others leave it out.
    if (prefix !== undefined && prefix !== folder && decoded(prefix, isEncoded) !== folder) {
        throw new Error('S3 lists another folder')
    }
    const count = only(rest, 'KeyCount')
    if (count !== undefined && !(Number(count) >= objects.length && Number(count) <= objects.length + prefixes)) {
        throw new Error('S3 lists a number of keys that it does not name')
    }
    const isTruncated = only(rest, 'IsTruncated')
    const token = unescapeXml(only(rest, 'NextContinuationToken') || '')
    if (isTruncated === 'false' && token === '') return { objects, isEncoded, token: '' }
    if (isTruncated !== 'true') throw new Error('S3 does not say whether the listing goes on')
    if (token === '' || token.length > maxToken) throw new Error('S3 does not say how the listing goes on')
    return { objects, isEncoded, token }
}

/**
 * Reads an object of a listing.
 *
 * @param text from `readListing`
 * @throws Error if the key is not in the folder, or has no size or date
 */
export function readObject(text: string, folder: string, isEncoded: boolean): ListedObject {
    const key = only(text, 'Key')
    const size = only(text, 'Size')
    const time = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(only(text, 'LastModified') || '')
    if (key === undefined || size === undefined || !/^\d{1,15}$/.test(size) || !time) {
        throw new Error('S3 lists a key without its size and date')
    }
    const whole = decoded(key, isEncoded)
    if (whole !== undefined && whole.indexOf(folder) !== 0) throw new Error('S3 lists a key of another folder')
    return {
        name: whole === undefined ? undefined : whole.slice(folder.length),
        size: Number(size),
        lastModified: time[1] + '.' + ((time[2] || '') + '000000').slice(0, 6) + 'Z',
    }
}

/**
 * The text of an element that may occur once; undefined if it does not occur.
 *
 * @throws Error if it occurs twice, or does not hold text
 */
function only(text: string, name: string): string | undefined {
    const open = '<' + name + '>'
    const start = text.indexOf(open)
    if (start < 0) return undefined
    const from = start + open.length
    const end = text.indexOf('<', from)
    if (text.slice(end, end + name.length + 3) !== '</' + name + '>' || text.indexOf(open, from) >= 0) {
        throw new Error('S3 lists ' + name + ' in an unknown form')
    }
    return text.slice(from, end)
}

/** A key or a prefix; undefined if it is not UTF-8. */
function decoded(text: string, isEncoded: boolean): string | undefined {
    const plain = unescapeXml(text)
    if (!isEncoded) return plain
    try {
        // S3 encodes a space as +.
        return decodeURIComponent(plain.indexOf('+') < 0 ? plain : plain.replace(/\+/g, ' '))
    } catch {
        return undefined
    }
}

/** @throws Error for an entity that XML does not define */
function unescapeXml(text: string): string {
    if (text.indexOf('&') < 0) return text
    const entities: { [name: string]: string } = { 'amp;': '&', 'lt;': '<', 'gt;': '>', 'quot;': '"', 'apos;': "'" }
    return text.replace(/&([^;]{0,8};?)/g, function (_reference, name: string) {
        const number = /^#(?:x([0-9A-Fa-f]{1,6})|(\d{1,7}));$/.exec(name)
        const code = number ? (number[1] ? parseInt(number[1], 16) : Number(number[2])) : undefined
        const character = code === undefined ? entities[name] : code < 0x110000 ? String.fromCodePoint(code) : undefined
        if (typeof character !== 'string') throw new Error('S3 lists an unknown entity')
        return character
    })
}
