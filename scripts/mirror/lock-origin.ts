import { shownUrl } from './source-problem.js'

/** Where a lock says that a package is from. Both are empty in locks that do not say it. */
export interface LockOrigin {
    /** URL of the index; of a Pipfile, or a hostile one, any text. */
    index: string | undefined
    /** Those of the files. */
    urls: string[]
}

const pypiHosts = ['pypi.org', 'pypi.python.org', 'files.pythonhosted.org']

/** The path of PyPI's files has the digest of their content. Proxies of PyPI, this one too, keep it. */
const pypiPath = /\/packages\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{60}\/[^/]+$/

/**
 * Whether the source already knows the name of a package: the package is of the host of the source, or public.
 *
 * @param from URL of the source
 */
export function isKnownToSource({ index, urls }: LockOrigin, from: URL): boolean {
    if (index === undefined && urls.length === 0) return true
    return [...(index === undefined ? [] : [index]), ...urls].some((text) => {
        if (!URL.canParse(text)) return false
        const { host, pathname } = new URL(text)
        return host === from.host || pypiHosts.includes(host) || pypiPath.test(pathname)
    })
}

/** The index for messages, without credentials. */
export function shownOrigin({ index, urls }: LockOrigin): string {
    const text = index ?? urls[0] ?? ''
    return URL.canParse(text) ? shownUrl(text) : JSON.stringify(text.replace(/^.*@/s, ''))
}
