import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../cli/user-error.js'
import { kindOf } from '../distribution/file-name.js'
import { build, type BuildOptions } from './build.js'

/** Where the files of a folder come from. */
export interface CollectOptions extends BuildOptions {
    /** Build a folder; otherwise take its `dist/`. */
    build: boolean
}

/**
 * The files to publish.
 *
 * @param paths files, taken as they are, and folders of projects
 * @returns paths of files
 * @throws UserError for a path that does not exist, and when a folder gives no file
 */
export async function collectFiles(paths: readonly string[], options: CollectOptions): Promise<string[]> {
    const files: string[] = []
    for (const path of paths) {
        if (!(await isFolder(path))) files.push(path)
        else files.push(...(options.build ? await build(path, options) : await distFiles(path)))
    }
    return files
}

async function isFolder(path: string): Promise<boolean> {
    try {
        return (await stat(path)).isDirectory()
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EACCES') throw error
        throw new UserError(`${path} cannot be read (${code})`, 'Name a wheel, an sdist or the folder of a project.')
    }
}

async function distFiles(folder: string): Promise<string[]> {
    const dist = join(folder, 'dist')
    const names = (await isFolder(dist)) ? await readdir(dist) : []
    const files = names.filter((name) => kindOf(name) !== undefined).sort()
    if (files.length === 0) {
        throw new UserError(`${dist} holds no wheel and no sdist`, 'Leave out --no-build, or build the project first.')
    }
    return files.map((name) => join(dist, name))
}
