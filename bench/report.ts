import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { UserError } from '../core/user-error.js'
import { table } from '../scripts/manage/table.js'

/** When and where something was measured. */
export interface Environment {
    /** The day, UTC. */
    date: string
    /** Number and model of the processors. */
    machine: string
}

/** Today, on this machine. */
export function currentEnvironment(): Environment {
    const processors = os.cpus()
    return {
        date: new Date().toISOString().slice(0, 10),
        machine: `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`,
    }
}

/** A table of a report with its explanation. */
export interface ReportTable {
    title: string
    /** One paragraph. */
    text: string
    head: string[]
    rows: string[][]
}

/** Formats tables for a terminal. */
export function toText(tables: readonly ReportTable[]): string {
    return tables.map(({ title, text, head, rows }) => `${title}\n${text}\n\n${table([head, ...rows])}`).join('\n')
}

/** Formats tables as Prettier does, each below a heading of level 3. */
export function toMarkdown(tables: readonly ReportTable[]): string {
    return tables
        .map(({ title, text, head, rows }) => `### ${title}\n\n${text}\n\n${markdownTable([head, ...rows])}\n`)
        .join('\n')
}

/**
 * Replaces the text between two markers of a document.
 *
 * @param marker `bench` for `<!-- bench -->` and `<!-- /bench -->`
 * @param name the name of the document, for the error
 * @throws UserError unless each marker occurs once, in order
 */
export function replaceMarked(document: string, marker: string, markdown: string, name: string): string {
    const begin = `<!-- ${marker} -->`
    const end = `<!-- /${marker} -->`
    const [before, inside, ...tooMany] = document.split(begin)
    const [old, after, ...more] = (inside ?? '').split(end)
    if (old === undefined || after === undefined || tooMany.length + more.length > 0) {
        throw new UserError(
            `${name} has not one ${begin} with one ${end} after it`,
            'Put each on a separate line, around the place of the tables.',
        )
    }
    return `${before}${begin}\n\n${markdown}\n${end}${after}`
}

/** A table with the column widths of Prettier. */
function markdownTable(rows: readonly string[][]): string {
    const escaped = rows.map((row) => row.map((cell) => cell.replace(/\s+/g, ' ').replaceAll('|', '\\|')))
    const widths = escaped[0]!.map((_head, column) => Math.max(3, ...escaped.map((row) => row[column]!.length)))
    const line = (row: readonly string[]) =>
        `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
    const [heads, ...others] = escaped
    return [line(heads!), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)].join('\n')
}

/**
 * Writes the files of a report into a folder, and its Markdown between the markers of a document, if the folder has it.
 *
 * @param marker see `replaceMarked`
 * @param files contents by file name
 * @param name of the document
 * @throws UserError when the document lacks the markers; then nothing is written
 */
export async function writeReportFiles(
    folder: string,
    marker: string,
    markdown: string,
    files: Readonly<Record<string, string>>,
    name = 'performance.md',
): Promise<void> {
    const document = path.join(folder, name)
    const marked = existsSync(document) && replaceMarked(await readFile(document, 'utf8'), marker, markdown, document)
    await mkdir(folder, { recursive: true })
    for (const [file, content] of Object.entries(files)) await writeFile(path.join(folder, file), content)
    if (marked !== false) await writeFile(document, marked)
}

/** Formats a result as JSON, for stdout and for files. */
export function toJson(result: unknown): string {
    return `${JSON.stringify(result, null, 2)}\n`
}
