import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { UserError } from '../../scripts/cli/user-error.js'
import { table } from '../../scripts/manage/table.js'
import { circumstancesOf, sectionsOf, type Report, type Section } from './report.js'

const begin = '<!-- end-to-end -->'
const end = '<!-- /end-to-end -->'

/** The report for a terminal. */
export function reportAsText(report: Report): string {
    const sections = sectionsOf(report).map(({ title, note, head, rows }) => {
        return `${title}\n${note}\n\n${table([head, ...rows])}`
    })
    return [circumstancesOf(report) + '\n', ...sections].join('\n')
}

/**
 * Writes end-to-end.json into a folder, and the report into its performance.md where there is one.
 *
 * @throws UserError when that has no place for it; nothing is written then
 */
export async function writeReport(folder: string, report: Report): Promise<void> {
    const page = path.join(folder, 'performance.md')
    if (existsSync(page)) await writeFile(page, withReport(await readFile(page, 'utf8'), report, page))
    await writeFile(path.join(folder, 'end-to-end.json'), `${JSON.stringify(report, null, 2)}\n`)
}

/**
 * The text of a page with the report between its marks in place of what is there.
 *
 * @param file names the page in the message
 * @throws UserError when there are not both marks, each once
 */
export function withReport(text: string, report: Report, file: string): string {
    const [before, inside, more] = text.split(begin)
    const [, after, rest] = inside?.split(end) ?? []
    if (before === undefined || after === undefined || more !== undefined || rest !== undefined) {
        throw new UserError(`${file} has no place for the report`, `Write ${begin} and ${end} into it, each once.`)
    }
    const sections = sectionsOf(report).map(
        (section) => `### ${section.title}\n\n${section.note}\n\n${markdown(section)}`,
    )
    return [`${before}${begin}`, circumstancesOf(report), ...sections, `${end}${after}`].join('\n\n')
}

/** A table whose columns are as wide as Prettier makes them. */
function markdown({ head, rows }: Section): string {
    const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]!.length)))
    const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
    return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
