/**
 * A version, taken apart. A number is a text of decimal digits without leading zeros, however many there are: a date with
 * a serial number has more digits than a float keeps apart.
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

/** A key of S3 has at most 1,024 bytes, so no file of an index has a longer version. Characters. */
const maxLength = 1024

/** White space as Python's `\s` and `str.strip()` have it; JavaScript's is another set. For use within `[]`. */
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

/** Text without the white space around it, as Python strips it. */
export function strip(text: string): string {
    let stripped = text.replace(leadingSpace, '')
    // Not by one regex with "+$", which is quadratic in the blanks inside.
    while (trailingSpace.test(stripped)) stripped = stripped.slice(0, -1)
    return stripped
}

function parseVersion(text: string): Version | undefined {
    if (text.length > maxLength) return undefined
    const stripped = strip(text)
    // Digits and letters of other scripts are none here; in lower case some would become ASCII.
    if (!/^[!-~]+$/.test(stripped)) return undefined
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

/** Digits without leading zeros. A number that is left out is 0. */
function number(digits: string | undefined): string {
    return digits === undefined ? '0' : digits.replace(/^0+(?=[0-9])/, '')
}

/** Only what is all digits is a number: 12e4567 is the hash of a commit. */
function localSegment(text: string): string {
    return isNumber(text) ? number(text) : text
}

function isNumber(text: string): boolean {
    return /^[0-9]+$/.test(text)
}

/** A version in its normal form, which is how it is shown; undefined for text that is no version. @see PEP 440, "Normalization" */
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
 * Negative when `a` is older than `b`, 0 when they are one version, as 1.0 and 1.0.0 are. Both are valid versions.
 *
 * @see PEP 440, "Summary of permitted suffixes and relative ordering"
 */
export function compareVersions(a: string, b: string): number {
    const left = validVersion(a)
    const right = validVersion(b)
    return (
        compareNumbers(left.epoch, right.epoch) ||
        compareReleases(left.release, right.release) ||
        comparePre(left, right) ||
        compareOptional(left.post, right.post, -1) ||
        compareOptional(left.dev, right.dev, 1) ||
        compareLocals(left.local, right.local)
    )
}

function validVersion(text: string): Version {
    const version = parseVersion(text)
    if (version === undefined) throw new TypeError(`${JSON.stringify(text)} is not a version`)
    return version
}

/** Whether two valid versions are one, as 1.0 and 1.0.0 are. */
export function sameVersion(a: string, b: string): boolean {
    return compareVersions(a, b) === 0
}

/** Without leading zeros, the number of more digits is the greater one. */
function compareNumbers(a: string, b: string): number {
    return a.length - b.length || compareText(a, b)
}

function compareText(a: string, b: string): number {
    return a === b ? 0 : a < b ? -1 : 1
}

/** What is missing at the end of the shorter one is 0. */
function compareReleases(a: string[], b: string[]): number {
    for (let position = 0; position < Math.max(a.length, b.length); position++) {
        const order = compareNumbers(a[position] ?? '0', b[position] ?? '0')
        if (order !== 0) return order
    }
    return 0
}

/** 1.0.dev1, then 1.0a1, 1.0b1, 1.0rc1, then 1.0 and 1.0.post1. */
function comparePre(a: Version, b: Version): number {
    const phase = ({ pre, post, dev }: Version) => {
        if (pre !== undefined) return ['a', 'b', 'rc'].indexOf(pre[0])
        return post === undefined && dev !== undefined ? -1 : 3
    }
    return phase(a) - phase(b) || (a.pre && b.pre ? compareNumbers(a.pre[1], b.pre[1]) : 0)
}

/** @param absent where a version without this part stands: -1 before all that have it, 1 behind */
function compareOptional(a: string | undefined, b: string | undefined, absent: 1 | -1): number {
    if (a !== undefined && b !== undefined) return compareNumbers(a, b)
    if (a === undefined) return b === undefined ? 0 : absent
    return -absent
}

/** Segment by segment: none, then texts in ASCII order, then numbers. */
function compareLocals(a: string[], b: string[]): number {
    for (let position = 0; position < Math.min(a.length, b.length); position++) {
        const left = a[position]!
        const right = b[position]!
        const bothNumbers = isNumber(left) && isNumber(right)
        const order = bothNumbers
            ? compareNumbers(left, right)
            : Number(isNumber(left)) - Number(isNumber(right)) || compareText(left, right)
        if (order !== 0) return order
    }
    return a.length - b.length
}
