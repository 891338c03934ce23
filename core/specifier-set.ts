import { normalizeVersion, strip, whiteSpace } from './version.js'

/** More than any real Requires-Python has. Characters. */
const maxLength = 4096

/** `==`, `>=` …, then what follows. `===` comes first: the others are its beginning. */
const specifier = /^(===|~=|==|!=|<=|>=|<|>)([^]*)$/

const endOfSpecifier = new RegExp(`[${whiteSpace};)]`)

/**
 * Whether text is a set of version specifiers, `>=3.8, <4`. Empty parts do no harm.
 *
 * @see PEP 440, "Version specifiers"; as `packaging.specifiers.SpecifierSet` takes it
 */
export function isSpecifierSet(text: string): boolean {
    return text.length <= maxLength && text.split(',').map(strip).filter(Boolean).every(isSpecifier)
}

function isSpecifier(text: string): boolean {
    const match = specifier.exec(text)
    if (match === null) return false
    const operator = match[1]!
    const operand = strip(match[2]!)
    // Compared as text, so that it need not be a version. Blanks, ";" and ")" would end a requirement.
    if (operator === '===') return operand !== '' && !endOfSpecifier.test(operand)
    if (operator === '==' || operator === '!=') {
        return operand.endsWith('.*') ? isPrefix(operand.slice(0, -2)) : normalizeVersion(operand) !== undefined
    }
    // Only equality looks at local versions.
    if (operand.includes('+') || normalizeVersion(operand) === undefined) return false
    return operator !== '~=' || /^v?(?:[0-9]+!)?[0-9]+\.[0-9]/i.test(operand)
}

/** What may stand before `.*`: an epoch and a release, and no more. */
function isPrefix(text: string): boolean {
    return /^v?(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*$/i.test(text)
}

/** uv's corrections of specifiers that old builders let pass; the first that helps ends it. Source: uv, lenient_requirement.rs */
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
 * Whether text is no set of version specifiers, and still no installer stumbles over it: pip ignores what is none, uv
 * corrects some forms, `>=3.6.*` among them.
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
