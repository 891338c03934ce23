import { UserError } from './user-error.js'
import { parseJson } from './project-page.js'

/** All projects: their normalised names, in order. */
export interface RootPage {
    projects: string[]
}

/** The names in the order of the page, each once. */
export function rootPage(projects: Iterable<string>): RootPage {
    return { projects: [...new Set(projects)].sort() }
}

/** The root's index.json: the same projects give the same text. @see PEP 691, "Project list" */
export function toRootJson(page: RootPage): string {
    const projects = page.projects.map((name) => JSON.stringify({ name }))
    const lines = projects.length === 0 ? '' : `\n${projects.join(',\n')}\n`
    return `{"meta":{"api-version":"1.4"},"projects":[${lines}]}\n`
}

/** Reads the root's index.json. Throws UserError for what is no such page. */
export function parseRootJson(body: string, key: string): RootPage {
    const json = parseJson(body, key) as { projects?: { name?: unknown }[] } | null
    const names = Array.isArray(json?.projects) ? json.projects.map((project) => project?.name) : undefined
    if (!names?.every((name) => typeof name === 'string')) {
        throw new UserError(
            `${key} is not the list of the projects`,
            'Is there a project where the index should be? See --prefix. Otherwise: manage-index rebuild',
        )
    }
    return rootPage(names)
}
