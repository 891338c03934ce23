import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { UserError } from '../../core/user-error.js'
import { kindOf } from '../../core/file-name.js'
import { build, type BuildOptions } from './build.js'

/** Options for collecting files. */
export interface CollectOptions extends BuildOptions {
    /** Build folders; if false, use the files in their `dist/`. */
    build: boolean
    /** Called at most once, with the files that are left out. */
    note?: (message: string) => void
}

/**
 * Collects the files to publish. Signatures, checksums and similar files next to them are left out.
 *
 * @param paths built files, and project folders
 * @returns paths of files
 * @throws UserError if a path does not exist, a folder yields no files, or no files remain
 */
export async function collectFiles(paths: readonly string[], options: CollectOptions): Promise<string[]> {
    const files: string[] = []
    const companions: string[] = []
    for (const path of paths) {
        if (await isFolder(path)) files.push(...(options.build ? await build(path, options) : await distFiles(path)))
        else (isCompanion(basename(path)) ? companions : files).push(path)
    }
    if (companions.length > 0 && files.length === 0) {
        throw new UserError(
            `nothing to publish: ${listed(companions)} ${companions.length === 1 ? 'is' : 'are'} neither a wheel nor an sdist`,
            'Name wheels (.whl) and sdists (.tar.gz), or the folder of a project.',
        )
    }
    if (companions.length > 0) {
        options.note?.(`left out ${listed(companions)}: signatures, checksums and similar files are not published`)
    }
    return files
}

/** Suffixes of signatures, attestations, checksums, metadata and bills of materials. */
const endings =
    /\.(?:asc|sig|minisig|sigstore|sigstore\.json|publish\.attestation|attestation|provenance|provenance\.json|(?:slsa\.)?intoto\.jsonl|crt|pem|md5|sha1|sha256|sha384|sha512|b2|blake2b|b3|metadata|cdx\.json|spdx\.json)$/i

/** Lists of checksums: SHA256SUMS, md5sums.txt, checksums.txt. */
const sums = /^(?:(?:md5|sha-?\d+|b2|b3|blake\d\w*)[._-]?sums?|checksums?)(?:\.txt)?$/i

/** Files that operating systems and version control leave in folders. */
const litter = /^(?:\.DS_Store|\._.*|Thumbs\.db|desktop\.ini|\.git(?:ignore|keep|attributes)|\.keep)$/i

/** Whether `dist/*` can match this file although it is neither a wheel nor an sdist. */
function isCompanion(filename: string): boolean {
    if (litter.test(filename)) return true
    let name = filename
    while (endings.test(name)) name = name.replace(endings, '')
    return sums.test(name) || (name !== filename && kindOf(name) !== undefined)
}

function listed(paths: readonly string[]): string {
    const shown = paths.slice(0, 5).join(', ')
    return paths.length > 5 ? `${shown} and ${paths.length - 5} more` : shown
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
    const files = names.filter((name) => kindOf(name) !== undefined && !isCompanion(name)).sort()
    if (files.length === 0) {
        throw new UserError(`${dist} contains no wheel or sdist`, 'Omit --no-build, or build the project first.')
    }
    return files.map((name) => join(dist, name))
}
