import { quoted, refusal } from './refusal.js'
import { compareVersions, normalizeVersion } from '../version.js'

/** The first Python whose `zipfile`, and so pip, supports zstd. @see PEP 784 */
const firstPython = '3.14'

/**
 * Describes a wheel member compressed with zstd. uv reads it with any Python, pip only with Python 3.14 or later.
 *
 * @throws UserError unless the wheel requires such a Python
 */
export function zstdOddity(member: string, filename: string, requiresPython: string | undefined): string {
    const oddity = `its member ${quoted(member)} is compressed with zstd`
    if (tagsAreNewer(filename) || (requiresPython !== undefined && requiresNewer(requiresPython))) return oddity
    throw refusal(
        filename,
        `${oddity}, which pip reads only with Python ${firstPython} or later, but the wheel also allows older ones`,
    )
}

/** Whether every Python tag, such as `cp314` in `cp314-cp314-linux_x86_64`, is 3.14 or later. */
function tagsAreNewer(filename: string): boolean {
    const python = filename.split('-').at(-3)!
    return python.split('.').every((tag) => {
        const [, major, minor] = /^[a-z]+(\d)(\d+)$/.exec(tag) ?? []
        return major !== undefined && compareVersions(`${major}.${minor}`, firstPython) >= 0
    })
}

/** Whether one of the specifiers excludes Pythons before 3.14. */
function requiresNewer(requiresPython: string): boolean {
    return requiresPython.split(',').some((specifier) => {
        const [, version] = /^\s*(?:>=|>|~=|==)\s*(.*?)(?:\.\*)?\s*$/.exec(specifier) ?? []
        const normal = version === undefined ? undefined : normalizeVersion(version)
        return normal !== undefined && compareVersions(normal, firstPython) >= 0
    })
}
