import Handlebars from 'handlebars'

/** A file of the generated folder. */
export interface GeneratedFile {
    name: string
    content: string
}

/**
 * Renders a template.
 *
 * @param parts templates that it may include, by name
 * @throws Error when it uses an undefined value or part
 */
export function fillTemplate(source: string, view: object, parts: Record<string, string> = {}): string {
    // Handlebars' strict mode does not detect missing names in {{#if}} and {{#each}}.
    const complete = new Proxy(view, {
        get(target, name) {
            const value: unknown = Reflect.get(target, name)
            if (value === undefined && typeof name === 'string') {
                throw new Error(`a template asks for ${name}, which has no value`)
            }
            return value
        },
    })
    const template = Handlebars.compile(source, { noEscape: true, strict: true, knownHelpersOnly: true })
    // Handlebars also indents the empty lines of an indented part.
    return template(complete, { partials: parts }).replace(/^ +$/gm, '')
}
