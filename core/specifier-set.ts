import { normalizeVersion, strip, whiteSpace } from './version.js'

/** Longer than any real Requires-Python. Characters. */
const maxLength = 4096

/** An operator, then the operand. `===` comes first, because `==` is a prefix of it. */
const specifier = /^(===|~=|==|!=|<=|>=|<|>)([\s\S]*)$/

const endOfSpecifier = new RegExp(`[${whiteSpace};)]`)

/**
 * Whether text is a set of version specifiers, such as `>=3.8, <4`. Empty parts are allowed.
 *
 * @see PEP 440, "Version specifiers"; `packaging.specifiers.SpecifierSet`, which accepts the same
 */
export function isSpecifierSet(text: string): boolean {
    return text.length <= maxLength && text.split(',').map(strip).filter(Boolean).every(isSpecifier)
}

function isSpecifier(text: string): boolean {
    const match = specifier.exec(text)
    if (match === null) return false
    const operator = match[1]!
    const operand = strip(match[2]!)
    // `===` compares text, so the operand may be any text. White space, ";" and ")" would end a requirement.
    if (operator === '===') return operand !== '' && !endOfSpecifier.test(operand)
    if (operator === '==' || operator === '!=') {
        return operand.endsWith('.*') ? isPrefix(operand.slice(0, -2)) : normalizeVersion(operand) !== undefined
    }
    // Only equality operators allow local versions.
    if (operand.includes('+') || normalizeVersion(operand) === undefined) return false
    return operator !== '~=' || /^v?(?:[0-9]+!)?[0-9]+\.[0-9]/i.test(operand)
}

/** Whether text may precede `.*`: an epoch and a release only. */
function isPrefix(text: string): boolean {
    return /^v?(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*$/i.test(text)
}

/** uv's corrections of invalid specifiers, applied in order until one succeeds. Source: uv, lenient_requirement.rs */
const corrections: [RegExp, string][] = [
    [/(\d)([<>=~^!])/g, '$1,$2'],
    [/!=~((?:\d\.)*\d)/g, '!=$1.*'],
    [/(<=|>=|<|>)\s*(\d+(?:\.\d+)*)\.\*/g, '$1$2'],
    [/(\d\.\d)+\*/g, '$1.*'],
    [/,\s*$/g, ''],
    [/>dev/g, '>0.0.0dev'],
    [/(\d+(?:\.\d)*(?:a|b|rc|post|dev)\d+)\.0/g, '$1'],
    [/['"]/g, ''],
]

/**
 * Whether installers accept text although it is not a valid set of version specifiers: pip ignores invalid sets, uv
 * corrects some forms, such as `>=3.6.*`.
 */
export function isCorrectedSpecifierSet(text: string): boolean {
    if (text.length > maxLength) return false
    let corrected = text
    for (const [pattern, replacement] of corrections) {
        corrected = corrected.replace(pattern, replacement)
        if (isSpecifierSet(corrected)) return true
    }
    return false
}
