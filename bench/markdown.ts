import { UserError } from '../core/user-error.js'
import type { ReportTable } from './report-table.js'

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
