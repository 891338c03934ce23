import { quoted, refusal } from './refusal.js'
import { compareVersions, normalizeVersion } from '../../core/version.js'

/** Since when Python's `zipfile`, and so pip, reads zstd. @see PEP 784 */
const firstPython = '3.14'

/**
 * What is unusual about a wheel with a member that is compressed with zstd. uv reads it with any Python, pip only with a
 * Python that does.
 *
 * @throws UserError unless the wheel is for such Pythons alone
 */
export function zstdOddity(member: string, filename: string, requiresPython: string | undefined): string {
    const oddity = `its member ${quoted(member)} is compressed with zstd`
    if (tagsAreNewer(filename) || (requiresPython !== undefined && requiresNewer(requiresPython))) return oddity
    throw refusal(
        filename,
        `${oddity}, which pip reads with Python ${firstPython} and later, and the wheel is for older ones`,
    )
}

/** `cp314-cp314-linux_x86_64`: whether each Python tag names a Python that reads zstd. */
function tagsAreNewer(filename: string): boolean {
    const python = filename.split('-').at(-3)!
    return python.split('.').every((tag) => {
        const [, major, minor] = /^[a-z]+(\d)(\d+)$/.exec(tag) ?? []
        return major !== undefined && compareVersions(`${major}.${minor}`, firstPython) >= 0
    })
}

/** Whether one of the specifiers lets only Pythons in that read zstd. */
function requiresNewer(requiresPython: string): boolean {
    return requiresPython.split(',').some((specifier) => {
        const [, version] = /^\s*(?:>=|>|~=|==)\s*(.*?)(?:\.\*)?\s*$/.exec(specifier) ?? []
        const normal = version === undefined ? undefined : normalizeVersion(version)
        return normal !== undefined && compareVersions(normal, firstPython) >= 0
    })
}
