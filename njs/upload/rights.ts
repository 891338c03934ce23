import { matchesProject, normalizeProjectPattern } from '../../core/project-patterns.js'

/** What each user may upload. */
export interface Rights {
    mayUpload(user: string, project: string): boolean
}

/**
 * Parses the file of `--upload-rights`: lines of `USER PROJECT…`, where `*` in a project stands for any characters, and `*` as
 * the user for each user with a password or certificate. `#` begins a comment. A user without a line may upload nothing.
 *
 * @throws Error that names the line and the cure: a wrong line must not be ignored
 */
export function parseRights(text: string): Rights {
    const rules: { user: string; projects: string[] }[] = []
    text.split('\n').forEach((line, index) => {
        const words = line
            .replace(/(?:^|\s)#.*$/, '')
            .trim()
            .split(/\s+/)
        const user = words[0]!
        if (user === '') return
        const refuse = (what: string) =>
            new Error(`line ${index + 1} ${what}: write USER PROJECT..., such as: ci acme-*`)
        const projects = words.slice(1).map((word) => {
            const project = normalizeProjectPattern(word)
            if (project === undefined) throw refuse(`has ${JSON.stringify(word)}, which is no pattern of names`)
            return project
        })
        if (projects.length === 0) throw refuse('names no project')
        rules.push({ user, projects })
    })
    return {
        mayUpload: (user, project) =>
            rules.some((rule) => (rule.user === '*' || rule.user === user) && matchesProject(rule.projects, project)),
    }
}
