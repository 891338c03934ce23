import { createTwoFilesPatch } from 'diff'
import { existsSync, statSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { UserError } from '../../core/user-error.js'
import type { GeneratedFile } from './render.js'
import { optionsFile } from './remembered-options.js'
import { isSealed } from './seal.js'

/** The change to one file of the folder. */
export interface FileChange {
    name: string
    status: 'new' | 'changed' | 'unchanged'
    /** Whether the existing file was edited after it was generated. */
    edited: boolean
    /** A unified diff from the existing file; empty when nothing changes. */
    diff: string
}

/** Compares the folder with the files to write. A missing folder counts as empty. Throws UserError. */
export async function compareFolder(folder: string, files: GeneratedFile[]): Promise<FileChange[]> {
    return Promise.all(
        files.map(async ({ name, content }): Promise<FileChange> => {
            const current = await readIfExists(path.join(folder, name))
            if (current === content) return { name, status: 'unchanged', edited: false, diff: '' }
            const diff = createTwoFilesPatch(name, name, current ?? '', content, 'now', 'generated')
            if (current === undefined) return { name, status: 'new', edited: false, diff }
            return { name, status: 'changed', edited: name !== optionsFile && !isSealed(current), diff }
        }),
    )
}

/**
 * Writes the files, each of them atomically.
 *
 * @throws UserError when a file was edited and `force` is not set, before anything is written; or when the folder cannot be
 * written
 */
export async function writeFolder(folder: string, files: GeneratedFile[], force: boolean): Promise<FileChange[]> {
    const changes = await compareFolder(folder, files)
    const edited = changes.filter((change) => change.edited)
    if (edited.length > 0 && !force) {
        throw new UserError(
            `${edited.map(({ name }) => path.join(folder, name)).join(', ')} ` +
                'was not made by this program or was edited since; nothing is written',
            `--force overwrites it; --out names another folder. What would be lost:\n${edited.map(({ diff }) => diff).join('')}`,
        )
    }
    await makeFolder(folder)
    const changed = new Set(changes.filter(({ status }) => status !== 'unchanged').map(({ name }) => name))
    for (const { name, content } of files.filter((file) => changed.has(file.name))) {
        await replaceFile(path.join(folder, name), content)
    }
    return changes
}

/**
 * Creates a folder and its parents one by one: Node's recursive mkdir reports ENOENT on a read-only file system, and never
 * returns in /proc. Throws UserError that names the folder that cannot be created.
 */
async function makeFolder(folder: string): Promise<void> {
    // Not resolved, so that messages show the path as the user wrote it.
    const all = path
        .normalize(folder)
        .replace(/(?<=.)\/+$/, '')
        .split(path.sep)
    for (let length = 1; length <= all.length; length++) {
        const each = all.slice(0, length).join(path.sep)
        if (each === '' || (existsSync(each) && length < all.length)) continue
        try {
            await naming(each, () => mkdir(each))
        } catch (error) {
            const { code } = (error as UserError).cause as NodeJS.ErrnoException
            if (code !== 'EEXIST' || !statSync(each, { throwIfNoEntry: false })?.isDirectory()) throw error
        }
    }
}

async function replaceFile(file: string, content: string): Promise<void> {
    const temporary = `${file}.${process.pid}.tmp`
    try {
        await naming(file, () => writeFile(temporary, content))
        await naming(file, () => rename(temporary, file))
    } finally {
        await rm(temporary, { force: true })
    }
}

async function readIfExists(file: string): Promise<string | undefined> {
    try {
        return await naming(file, () => readFile(file, 'utf8'))
    } catch (error) {
        if (error instanceof UserError && (error.cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
    }
}

const causes: Record<string, [what: string, cure: string]> = {
    EACCES: ['permission denied', 'Name a folder that you may write to with --out.'],
    EPERM: ['permission denied', 'Name a folder that you may write to with --out.'],
    EROFS: ['its file system is read-only', 'Name another folder with --out.'],
    EEXIST: ['it is a file, not a folder', 'Name a folder with --out.'],
    ENOTDIR: ['a part of its path is a file, not a folder', 'Name a folder with --out.'],
    EISDIR: ['it is a folder, not a file', 'Move it away, or name another folder with --out.'],
    ENOSPC: ['the disk is full', 'Free some space, or name another folder with --out.'],
    ENAMETOOLONG: ['its name is too long', 'Name another folder with --out.'],
    ELOOP: ['its symbolic links form a loop', 'Name another folder with --out.'],
    ENOENT: ['it cannot be created there', 'Name another folder with --out.'],
}

/** Runs a file operation; a failure of the operating system becomes a UserError that names the path. */
async function naming<Value>(file: string, operation: () => Promise<Value>): Promise<Value> {
    try {
        return await operation()
    } catch (error) {
        const [what, cure] = causes[(error as NodeJS.ErrnoException).code ?? ''] ?? []
        if (what === undefined) throw error
        throw new UserError(`${file} cannot be used: ${what}`, cure, { cause: error })
    }
}
