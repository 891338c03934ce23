import { existsSync } from 'node:fs'

/** The root folder of this package as a URL with a trailing slash: code runs from scripts/ or from dist/. */
export const packageRoot = findRoot(new URL('./', import.meta.url))

function findRoot(folder: URL): URL {
    if (existsSync(new URL('package.json', folder))) return folder
    const parent = new URL('../', folder)
    if (parent.href === folder.href) throw new Error(`there is no package.json above ${import.meta.url}`)
    return findRoot(parent)
}
