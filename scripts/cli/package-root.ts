import { existsSync } from 'node:fs'

/** The folder of this package, as a URL that ends in a slash: the sources run in scripts/, the programs in dist/. */
export const packageRoot = findRoot(new URL('./', import.meta.url))

function findRoot(folder: URL): URL {
    if (existsSync(new URL('package.json', folder))) return folder
    const parent = new URL('../', folder)
    if (parent.href === folder.href) throw new Error(`there is no package.json above ${import.meta.url}`)
    return findRoot(parent)
}
