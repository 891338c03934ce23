import path from 'node:path'
import { parseFilePath } from '../options/file-path.js'
import type { Target } from './option-table.js'

/** The path where nginx finds the generated folder. */
export const nginxFolder = '/etc/nginx/nginx-s3-pypi'

/**
 * The folder as nginx sees it.
 *
 * @param out where the files are written
 * @throws UserError when a standalone nginx would run from a path that nginx cannot use
 */
export function folderForNginx(target: Target, out: string): string {
    return target === 'standalone' ? parseFilePath(path.resolve(out)) : nginxFolder
}

/** A command line, quoted for a shell. */
export function commandLine(program: string, words: string[]): string {
    return [program, ...words.map(quotedForShell)].join(' ')
}

/** Quotes a word for a POSIX shell. */
export function quotedForShell(text: string): string {
    return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** A folder as a shell word that no command mistakes for an option. */
export function folderWord(folder: string): string {
    return quotedForShell(path.isAbsolute(folder) ? folder : `./${path.normalize(folder)}`)
}
