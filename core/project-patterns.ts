import { normalizeName } from './project-name.js'

/** A pattern of normalised project names, in which `*` stands for any characters. */
const pattern = /^[a-z0-9*](?:[a-z0-9*-]*[a-z0-9*])?$/

/** A pattern as it is compared; undefined if it could be none of project names. */
export function normalizeProjectPattern(text: string): string | undefined {
    const normalized = normalizeName(text)
    return pattern.test(normalized) && normalized.length <= 256 ? normalized : undefined
}

/** @param patterns normalised @param project normalised */
export function matchesProject(patterns: string[], project: string): boolean {
    return patterns.some((each) => matches(each, project))
}

/** Without a regular expression: "*a*a*a*" would make one slow. */
function matches(text: string, project: string): boolean {
    const parts = text.split('*')
    const first = parts[0]!
    if (parts.length === 1) return first === project
    const last = parts[parts.length - 1]!
    if (project.slice(0, first.length) !== first) return false
    let position = first.length
    for (let index = 1; index < parts.length - 1; index++) {
        const found = project.indexOf(parts[index]!, position)
        if (found < 0) return false
        position = found + parts[index]!.length
    }
    return project.length - last.length >= position && project.slice(project.length - last.length) === last
}
