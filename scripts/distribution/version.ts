import { compare, explain, validRange } from '@renovatebot/pep440'

/** A version in its normal form; undefined for text that is no version. @see PEP 440, "Normalization" */
export function normalizeVersion(text: string): string | undefined {
    const version = explain(text)
    if (version === null) return undefined
    return version.local ? `${version.public}+${version.local}` : version.public
}

/** Negative when `a` is older than `b`. Both are valid versions. @see PEP 440, "Summary of permitted suffixes and relative ordering" */
export function compareVersions(a: string, b: string): number {
    return compare(a, b)
}

/** Whether two valid versions are one, as 1.0 and 1.0.0 are. */
export function sameVersion(a: string, b: string): boolean {
    return compare(a, b) === 0
}

/** Whether text is a set of version specifiers, `>=3.8, <4`. Empty parts do no harm. @see PEP 440, "Version specifiers" */
export function isSpecifierSet(text: string): boolean {
    const parts = text.split(',').map((part) => part.trim())
    return parts.every((part) => part === '' || validRange(part))
}
