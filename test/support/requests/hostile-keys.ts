/** Names of files that have broken signers, and every spelling in which a client may ask for them. */
export const hostileNames: string[] = [
    'foo-1.0+cu121.whl',
    'a b',
    'ü',
    'a%2Bb',
    '~',
    "(x)!*'",
    '日本',
    'a=b&c',
    'a:b@c,d;e',
    'é?#[]"<>\\^`{|}$',
    'plain-1.0-py3-none-any.whl',
    'x'.repeat(200),
]

const unreserved = /[A-Za-z0-9._~-]/

/** What may stand unencoded in a path segment. RFC 3986, `pchar`. */
const segmentCharacter = /[A-Za-z0-9._~!$&'()*+,;=:@-]/

/** The name percent-encoded in every spelling that means the same: as little as allowed, as much, lower case, all. */
export function spellings(name: string): string[] {
    const encode = (keep: RegExp, lower: boolean) =>
        [...Buffer.from(name)]
            .map((byte) => {
                const character = String.fromCharCode(byte)
                if (byte < 0x80 && keep.test(character)) return character
                const hex = byte.toString(16).padStart(2, '0')
                return '%' + (lower ? hex : hex.toUpperCase())
            })
            .join('')
    return [
        ...new Set([
            encode(segmentCharacter, false),
            encode(unreserved, false),
            encode(unreserved, true),
            encode(/[]/, false),
            encode(/[]/, true),
        ]),
    ]
}
