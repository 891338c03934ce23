import { isSpecifierSet } from './specifier-set.js'
import { compareVersions, isPrerelease, normalizeVersion, sameVersion, strip } from './version.js'

/** One clause of a set of version specifiers. */
interface Specifier {
    operator: string
    operand: string
}

/** A set of version specifiers: `>=1.0,<2`. */
export type VersionSpecifiers = Specifier[]

/** The clauses of a set; undefined if it is invalid. An empty set matches all versions. */
export function parseSpecifiers(text: string): VersionSpecifiers | undefined {
    if (!isSpecifierSet(text)) return undefined
    const clauses: Specifier[] = []
    text.split(',').forEach((part) => {
        const match = /^(===|~=|==|!=|<=|>=|<|>)([\s\S]*)$/.exec(strip(part))
        if (match !== null) clauses.push({ operator: match[1]!, operand: strip(match[2]!) })
    })
    return clauses
}

/**
 * Whether a version is in a set. Pre-releases are compared like other versions.
 *
 * @param version normalised
 * @see PEP 440, "Version specifiers"; `packaging.specifiers`, which decides the same with `prereleases=True`
 */
export function matchesSpecifiers(specifiers: VersionSpecifiers, version: string): boolean {
    return specifiers.every(({ operator, operand }) => matches(operator, operand, version))
}

function matches(operator: string, operand: string, version: string): boolean {
    switch (operator) {
        case '===':
            return version.toLowerCase() === operand.toLowerCase()
        case '==':
            return isEqual(version, operand)
        case '!=':
            return !isEqual(version, operand)
        case '~=':
            return isCompatible(version, operand)
        case '<=':
            return compareVersions(withoutLocal(version), operand) <= 0
        case '>=':
            return compareVersions(withoutLocal(version), operand) >= 0
        case '<':
            return isLess(version, operand)
        default:
            return isGreater(version, operand)
    }
}

function isEqual(version: string, operand: string): boolean {
    if (operand.slice(-2) === '.*') return hasPrefix(version, operand.slice(0, -2))
    // A local version counts only if the operand has one.
    return sameVersion(operand.indexOf('+') < 0 ? withoutLocal(version) : version, operand)
}

/** Whether a version is of a series: 1.0.5, 1.0rc1 and 1 are of 1.0.*. @param prefix an epoch and a release */
function hasPrefix(version: string, prefix: string): boolean {
    const wanted = epochAndRelease(normalizeVersion(prefix)!)
    const own = epochAndRelease(version)
    return (
        own.epoch === wanted.epoch && wanted.release.every((segment, index) => (own.release[index] || '0') === segment)
    )
}

/** ~=1.4.5 is >=1.4.5, ==1.4.* */
function isCompatible(version: string, operand: string): boolean {
    const { epoch, release } = epochAndRelease(normalizeVersion(operand)!)
    const series = `${epoch}!${release.slice(0, -1).join('.')}`
    return compareVersions(withoutLocal(version), operand) >= 0 && hasPrefix(version, series)
}

/** Pre-releases of the operand are not less than it, unless it is one itself. */
function isLess(version: string, operand: string): boolean {
    if (compareVersions(version, operand) >= 0) return false
    return (
        isPrerelease(normalizeVersion(operand)!) ||
        !isPrerelease(version) ||
        !sameVersion(baseOf(version), baseOf(operand))
    )
}

/** Post-releases and local versions of the operand are not greater than it, unless it is a post-release itself. */
function isGreater(version: string, operand: string): boolean {
    if (compareVersions(version, operand) <= 0) return false
    const isSameBase = sameVersion(baseOf(version), baseOf(operand))
    if (!isPostrelease(operand) && isPostrelease(version) && isSameBase) return false
    return version.indexOf('+') < 0 || !isSameBase
}

function withoutLocal(version: string): string {
    return version.split('+')[0]!
}

function isPostrelease(version: string): boolean {
    return withoutLocal(normalizeVersion(version)!).indexOf('.post') >= 0
}

/** The epoch and the release. */
function baseOf(version: string): string {
    const { epoch, release } = epochAndRelease(normalizeVersion(version)!)
    return `${epoch}!${release.join('.')}`
}

function epochAndRelease(version: string): { epoch: string; release: string[] } {
    const match = /^(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)/.exec(version)!
    return { epoch: match[1] || '0', release: match[2]!.split('.') }
}
