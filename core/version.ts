/**
 * The parts of a version. Numbers are strings of decimal digits without leading zeros: a date with a serial number can
 * exceed the precision of a float.
 *
 * @see PEP 440; the version specifiers specification
 */
interface Version {
    epoch: string
    release: string[]
    /** `a`, `b` or `rc`, and its number. */
    pre: [string, string] | undefined
    post: string | undefined
    dev: string | undefined
    local: string[]
}

/** S3 keys have at most 1,024 bytes, so versions in file names are shorter. Characters. */
const maxLength = 1024

const printable = /^[!-~]+$/

/** White space as in Python's `\s` and `str.strip()`, which differs from JavaScript's. For use within `[]`. */
export const whiteSpace = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const leadingSpace = new RegExp(`^[${whiteSpace}]+`)
const trailingSpace = new RegExp(`[${whiteSpace}]$`)

/** PEP 440, appendix B, in lower case. The groups: epoch, release, pre (letter, number), post (2 spellings), dev, local. */
const versionPattern = new RegExp(
    '^v?(?:([0-9]+)!)?([0-9]+(?:\\.[0-9]+)*)' +
        '(?:[._-]?(alpha|a|beta|b|preview|pre|c|rc)[._-]?([0-9]+)?)?' +
        '(-[0-9]+|[._-]?(?:post|rev|r)[._-]?([0-9]+)?)?' +
        '([._-]?dev[._-]?([0-9]+)?)?' +
        '(?:\\+([a-z0-9]+(?:[._-][a-z0-9]+)*))?$',
)

const preLetters: Record<string, string> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' }

/** Removes leading and trailing white space, like Python's `str.strip()`. */
export function strip(text: string): string {
    let stripped = text.replace(leadingSpace, '')
    // A regex with "+$" would be quadratic in the length of inner white space.
    while (trailingSpace.test(stripped)) stripped = stripped.slice(0, -1)
    return stripped
}

function parseVersion(text: string): Version | undefined {
    if (text.length > maxLength) return undefined
    let stripped = text
    if (!printable.test(text)) {
        stripped = strip(text)
        // ASCII only: some letters of other scripts become ASCII in lower case.
        if (!printable.test(stripped)) return undefined
    }
    const match = versionPattern.exec(stripped.toLowerCase())
    if (match === null) return undefined
    const [, epoch, release, preLetter, preNumber, post, postNumber, dev, devNumber, local] = match
    return {
        epoch: number(epoch),
        release: release!.split('.').map(number),
        pre: preLetter === undefined ? undefined : [preLetters[preLetter] ?? preLetter, number(preNumber)],
        post: post === undefined ? undefined : number(/^-[0-9]/.test(post) ? post.slice(1) : postNumber),
        dev: dev === undefined ? undefined : number(devNumber),
        local: local === undefined ? [] : local.split(/[._-]/).map(localSegment),
    }
}

/** Removes leading zeros. A missing number is 0. */
function number(digits: string | undefined): string {
    if (digits === undefined) return '0'
    // In njs, replacing costs three times as much as parsing a version, and 4 KB that a request keeps until its end.
    return digits.charAt(0) === '0' ? digits.replace(/^0+(?=[0-9])/, '') : digits
}

/** Only segments of digits are numbers: 12e4567 is a commit hash. */
function localSegment(text: string): string {
    return isNumber(text) ? number(text) : text
}

function isNumber(text: string): boolean {
    return /^[0-9]+$/.test(text)
}

/** Normalises a version; undefined if the text is not a version. @see PEP 440, "Normalization" */
export function normalizeVersion(text: string): string | undefined {
    const version = parseVersion(text)
    if (version === undefined) return undefined
    return (
        (version.epoch === '0' ? '' : version.epoch + '!') +
        version.release.join('.') +
        (version.pre === undefined ? '' : version.pre.join('')) +
        (version.post === undefined ? '' : '.post' + version.post) +
        (version.dev === undefined ? '' : '.dev' + version.dev) +
        (version.local.length === 0 ? '' : '+' + version.local.join('.'))
    )
}

/**
 * Compares two valid versions: negative if `a` is older than `b`, 0 if they are equal, like 1.0 and 1.0.0.
 *
 * @see PEP 440, "Summary of permitted suffixes and relative ordering"
 */
export function compareVersions(a: string, b: string): number {
    const left = versionKey(a)
    const right = versionKey(b)
    return left === right ? 0 : left < right ? -1 : 1
}

/** Whether two valid versions are equal, like 1.0 and 1.0.0. */
export function sameVersion(a: string, b: string): boolean {
    return versionKey(a) === versionKey(b)
}

/** Whether installers choose a version only if it is named, or without another. @param version normalised */
export function isPrerelease(version: string): boolean {
    return /(?:a|b|rc|dev)\d/.test(version.split('+')[0]!)
}

/**
 * The sort key of a valid version: keys, compared as text, are in the order of their versions, and equal if the versions
 * are. In nginx, sorting texts costs much less than sorting with a function.
 *
 * @returns printable ASCII; "!" is less than every other character of a key, "~" is greater
 */
export function versionKey(text: string): string {
    const version = parseVersion(text)
    if (version === undefined) throw new TypeError(`${JSON.stringify(text)} is not a version`)
    const { epoch, release, pre, post, dev, local } = version
    // Order: 1.0.dev1, 1.0a1, 1.0b1, 1.0rc1, then 1.0 and 1.0.post1.
    return ''.concat(
        numberKey(epoch),
        releaseKey(release),
        pre !== undefined ? preOrder[pre[0]]! + numberKey(pre[1]) : post === undefined && dev !== undefined ? '0' : '4',
        post === undefined ? '!' : numberKey(post),
        dev === undefined ? '~' : numberKey(dev),
        local.map(localKey).join(''),
        '!',
    )
}

const preOrder: Record<string, string> = { a: '1', b: '2', rc: '3' }

/** Missing segments at the end count as 0. */
function releaseKey(release: string[]): string {
    let length = release.length
    while (length > 1 && release[length - 1] === '0') length--
    return release.slice(0, length).map(numberKey).join('') + '!'
}

/** The number of digits in base 36, then the digits: without leading zeros, the number with more digits is greater. */
function numberKey(digits: string): string {
    const length = digits.length.toString(36)
    return (length.length < 2 ? '0' : '') + length + digits
}

/** Text in ASCII order, then numbers. */
function localKey(segment: string): string {
    return isNumber(segment) ? '1' + numberKey(segment) : '0' + segment + '!'
}
