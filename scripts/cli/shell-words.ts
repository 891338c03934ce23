import path from 'node:path'

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
