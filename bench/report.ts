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
    /** Its processors. */
    machine: string
}

/** Those of this moment. */
export function currentEnvironment(): Environment {
    const processors = os.cpus()
    return {
        date: new Date().toISOString().slice(0, 10),
        machine: `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`,
    }
}

/** A table of a report with what it says. */
export interface ReportTable {
    title: string
    /** A paragraph. */
    text: string
    head: string[]
    rows: string[][]
}

/** Tables for a terminal. */
export function toText(tables: readonly ReportTable[]): string {
    return tables.map(({ title, text, head, rows }) => `${title}\n${text}\n\n${table([head, ...rows])}`).join('\n')
}

/** Tables as Prettier writes them, each below a head of the third level. */
export function toMarkdown(tables: readonly ReportTable[]): string {
    return tables
        .map(({ title, text, head, rows }) => `### ${title}\n\n${text}\n\n${tableOf([head, ...rows])}\n`)
        .join('\n')
}

/**
 * Replaces what stands between the markers of a document.
 *
 * @param marker `bench` for `<!-- bench -->` and `<!-- /bench -->`
 * @param name of the document, for the error
 * @throws UserError when it has not each marker once, in order
 */
export function replaceMarked(document: string, marker: string, markdown: string, name: string): string {
    const begin = `<!-- ${marker} -->`
    const end = `<!-- /${marker} -->`
    const [before, inside, ...tooMany] = document.split(begin)
    const [old, after, ...more] = (inside ?? '').split(end)
    if (old === undefined || after === undefined || tooMany.length + more.length > 0) {
        throw new UserError(
            `${name} has not one ${begin} with one ${end} after it`,
            'Put both on lines of their own where the tables shall be.',
        )
    }
    return `${before}${begin}\n\n${markdown}\n${end}${after}`
}

/** The columns are as wide as Prettier makes them. */
function tableOf(rows: readonly string[][]): string {
    const escaped = rows.map((row) => row.map((cell) => cell.replace(/\s+/g, ' ').replaceAll('|', '\\|')))
    const widths = escaped[0]!.map((_head, column) => Math.max(3, ...escaped.map((row) => row[column]!.length)))
    const line = (row: readonly string[]) =>
        `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
    const [heads, ...others] = escaped
    return [line(heads!), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)].join('\n')
}

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
