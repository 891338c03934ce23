import { canonicalPath } from '../core/canonical-path.js'
import { normalizeName } from '../core/project-name.js'

/**
 * Redirect target of a request with an unnormalised project name: normalises the name, adds the slash after a project,
 * keeps the rest. Relative to the request, so that a proxy may serve the index below another path.
 *
 * @param path the decoded path, which is UTF-8: `/Proj_ect`, `/simple/Proj_ect/`, `/Proj_ect/FILE`
 * @returns percent-encoded, for a Location header: `proj-ect/`, `../proj-ect/`, `../proj-ect/FILE`
 * @see RFC 9110, section 10.2.2; RFC 3986, section 5.2
 */
export function redirectTarget(path: string): string {
    const segments = path.split('/') // '', ['simple'], name, [file or '']
    const position = segments.length > 2 && segments[1] === 'simple' ? 2 : 1
    const name = normalizeName(segments[position]!)
    const file = segments[position + 1]
    return file === undefined ? name + '/' : '../' + name + '/' + canonicalPath(file)
}
