import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { replaceMarked } from './markdown.js'

/**
 * Writes a report's files into a folder, and its Markdown between the markers of the folder's performance.md, where
 * that is.
 *
 * @param marker the name of the markers, as `replaceMarked` has it
 * @param files what is in them, by their names
 * @throws UserError when performance.md has not the markers; nothing is written then
 */
export async function writeReportFiles(
    folder: string,
    marker: string,
    markdown: string,
    files: Readonly<Record<string, string>>,
): Promise<void> {
    const document = path.join(folder, 'performance.md')
    const marked = existsSync(document) && replaceMarked(await readFile(document, 'utf8'), marker, markdown, document)
    await mkdir(folder, { recursive: true })
    for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content)
    if (marked !== false) await writeFile(document, marked)
}

/** A result as it is printed and written for a machine. */
export function toJson(result: unknown): string {
    return `${JSON.stringify(result, null, 2)}\n`
}
