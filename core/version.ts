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
    const stripped = strip(text)
    // ASCII only: some letters of other scripts become ASCII in lower case.
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

/** Removes leading zeros. A missing number is 0. */
function number(digits: string | undefined): string {
    return digits === undefined ? '0' : digits.replace(/^0+(?=[0-9])/, '')
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

/** Whether two valid versions are equal, like 1.0 and 1.0.0. */
export function sameVersion(a: string, b: string): boolean {
    return compareVersions(a, b) === 0
}

/** Without leading zeros, the number with more digits is greater. */
function compareNumbers(a: string, b: string): number {
    return a.length - b.length || compareText(a, b)
}

function compareText(a: string, b: string): number {
    return a === b ? 0 : a < b ? -1 : 1
}

/** Missing segments at the end count as 0. */
function compareReleases(a: string[], b: string[]): number {
    for (let position = 0; position < Math.max(a.length, b.length); position++) {
        const order = compareNumbers(a[position] ?? '0', b[position] ?? '0')
        if (order !== 0) return order
    }
    return 0
}

/** Order: 1.0.dev1, 1.0a1, 1.0b1, 1.0rc1, then 1.0 and 1.0.post1. */
function comparePre(a: Version, b: Version): number {
    const phase = ({ pre, post, dev }: Version) => {
        if (pre !== undefined) return ['a', 'b', 'rc'].indexOf(pre[0])
        return post === undefined && dev !== undefined ? -1 : 3
    }
    return phase(a) - phase(b) || (a.pre && b.pre ? compareNumbers(a.pre[1], b.pre[1]) : 0)
}

/** @param absent whether a version without this part comes before (-1) or after (1) versions with it */
function compareOptional(a: string | undefined, b: string | undefined, absent: 1 | -1): number {
    if (a !== undefined && b !== undefined) return compareNumbers(a, b)
    if (a === undefined) return b === undefined ? 0 : absent
    return -absent
}

/** Segment by segment: a missing segment, then text in ASCII order, then numbers. */
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
