/** What each user may upload. */
export interface Rights {
    mayUpload(user: string, project: string): boolean
}

/** A pattern of normalised project names. */
const pattern = /^[a-z0-9*](?:[a-z0-9*-]*[a-z0-9*])?$/

/**
 * Parses the file of `--upload-rights`: lines of `USER PROJECT…`, where `*` in a project stands for any characters, and `*` as
 * the user for each user with a password or certificate. `#` begins a comment. A user without a line may upload nothing.
 *
 * @throws Error that names the line and the cure: a wrong line must not be ignored
 */
export function parseRights(text: string): Rights {
    const rules: { user: string; projects: RegExp }[] = []
    text.split('\n').forEach((line, index) => {
        const words = line
            .replace(/(?:^|\s)#.*$/, '')
            .trim()
            .split(/\s+/)
        const user = words[0]!
        if (user === '') return
        const projects = words.slice(1).map((word) => word.toLowerCase().replace(/[-_.]+/g, '-'))
        const wrong = projects.filter((project) => !pattern.test(project))[0]
        if (projects.length === 0 || wrong !== undefined) {
            const what =
                wrong === undefined ? 'names no project' : `has ${JSON.stringify(wrong)}, which is no pattern of names`
            throw new Error(`line ${index + 1} ${what}: write USER PROJECT..., such as: ci acme-*`)
        }
        const alternatives = projects.map((project) => project.split('*').join('[a-z0-9-]*'))
        rules.push({ user, projects: new RegExp(`^(?:${alternatives.join('|')})$`) })
    })
    return {
        mayUpload: (user, project) =>
            rules.some((rule) => (rule.user === '*' || rule.user === user) && rule.projects.test(project)),
    }
}
