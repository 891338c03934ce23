/** The root of the index: a proxy in front may serve it below another path, so pages know only the way to it. */
export const root = new URL(document.documentElement.dataset.root ?? '', location.href)
root.search = ''
root.hash = ''

/** The URL for installers. */
export const indexUrl = new URL('simple/', root)

/** The index to which missing projects are redirected; undefined without one. */
export const fallback = document.documentElement.dataset.fallback

/** The user whose password readers need: `USER` stands for any; undefined if they need none. */
export const user = document.documentElement.dataset.user

/** The plain page of a project, as installers read it. @param name normalised */
export function plainUrl(name: string): URL {
    return new URL(`${name}/`, indexUrl)
}

/** The page of a project for people. @param name normalised @param version normalised */
export function projectUrl(name: string, version?: string): string {
    const path = version === undefined ? `${name}/` : `${name}/${encodeURIComponent(version)}/`
    return new URL(`-/project/${path}`, root).href
}

/** The list of projects. */
export function searchUrl(query: string): string {
    return new URL(query === '' ? '' : `?q=${encodeURIComponent(query)}`, root).href
}

/** The project and the version in the address of this page; undefined on the list of projects. */
export function addressed(): { name: string; version: string | undefined } | undefined {
    const path = location.pathname.slice(root.pathname.length)
    const match = /^-\/project\/([^/]+)\/(?:([^/]+)\/)?$/.exec(path)
    if (match === null) return undefined
    return { name: decoded(match[1]!), version: match[2] === undefined ? undefined : decoded(match[2]) }
}

/** Decodes a part of an address; another text stays what it is. */
export function decoded(text: string): string {
    try {
        return decodeURIComponent(text)
    } catch {
        return text
    }
}
