import { encodePath } from './key-path.js'

/** The normalised form of a project's name. @see PEP 503, "Normalized Names" */
export function normalizeName(name: string): string {
    return name.toLowerCase().replace(/[-_.]+/g, '-')
}

/**
 * The path that a request with an unnormalised project name is redirected to: the name normalised, a slash behind a
 * project, the rest as it is.
 *
 * @param uri the decoded path: `/Proj_ect`, `/simple/Proj_ect/`, `/Proj_ect/FILE`; a project's name is ASCII
 * @returns percent-encoded, so that it can be a Location header: `/proj-ect/`, `/simple/proj-ect/`, `/proj-ect/FILE`
 */
export function redirectPath(uri: Uint8Array): string {
    const segments = encodePath(uri).split('/') // '', ['simple'], name, [file or '']
    const position = segments.length > 2 && segments[1] === 'simple' ? 2 : 1
    segments[position] = normalizeName(segments[position]!)
    if (segments.length === position + 1) segments.push('')
    return segments.join('/')
}
