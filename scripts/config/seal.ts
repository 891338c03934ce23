import { createHash } from 'node:crypto'

const sealLine = /^(?:#|\/\/|\/\*|<!--) sha256 of the lines above: ([0-9a-f]{64})(?: \*\/| -->)?\n$/

/** What ends a comment that does not end with its line. */
const ends = { '#': '', '//': '', '/*': ' */', '<!--': ' -->' } as const

/**
 * Appends a line with a hash of the file, to detect later edits.
 *
 * @param comment the file's comment sign
 */
export function seal(content: string, comment: keyof typeof ends): string {
    const text = content.endsWith('\n') ? content : content + '\n'
    return `${text}${comment} sha256 of the lines above: ${sha256(text)}${ends[comment]}\n`
}

/** Whether the file is unedited since it was generated, with any version and options. */
export function isSealed(content: string): boolean {
    const start = content.lastIndexOf('\n', content.length - 2) + 1
    const match = sealLine.exec(content.slice(start))
    return match !== null && match[1] === sha256(content.slice(0, start))
}

function sha256(text: string): string {
    return createHash('sha256').update(text).digest('hex')
}
