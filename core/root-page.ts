import { UserError } from './user-error.js'
import { parseJson } from './project-page.js'

/** The normalised names of all projects, sorted. */
export interface RootPage {
    projects: string[]
}

/** Sorts the names and removes duplicates. */
export function rootPage(projects: Iterable<string>): RootPage {
    return { projects: [...new Set(projects)].sort() }
}

/** The root index.json before its lines, which are separated by a comma and a line feed, and after them. */
export const rootJsonStart = '{"meta":{"api-version":"1.4"},"projects":['
export const rootJsonEnd = ']}\n'

/** Serializes the root index.json deterministically. @see PEP 691, "Project list" */
export function toRootJson(page: RootPage): string {
    const projects = page.projects.map(rootJsonLine)
    const lines = projects.length === 0 ? '' : `\n${projects.join(',\n')}\n`
    return rootJsonStart + lines + rootJsonEnd
}

/** The line of a project in the root index.json. */
export function rootJsonLine(name: string): string {
    return JSON.stringify({ name })
}

/** Parses the root index.json. @throws UserError if it is not a project list */
export function parseRootJson(body: string, key: string): RootPage {
    const json = parseJson(body, key) as { projects?: { name?: unknown }[] } | null
    const names = Array.isArray(json?.projects) ? json.projects.map((project) => project?.name) : undefined
    if (!names?.every((name) => typeof name === 'string')) {
        throw new UserError(
            `${key} is not the list of the projects`,
            'If --prefix points to a project instead of the index, correct it. Otherwise: manage-index rebuild',
        )
    }
    return rootPage(names)
}
