import { toMarkdown } from '../markdown.js'
import { toJson, writeReportFiles } from '../report-files.js'
import { toText } from '../report-table.js'
import { circumstancesOf, tablesOf, type Report } from './report.js'

/** The report for a terminal. */
export function reportAsText(report: Report): string {
    return `${circumstancesOf(report)}\n\n${toText(tablesOf(report))}`
}

/** The report for a page. */
export function reportAsMarkdown(report: Report): string {
    return `${circumstancesOf(report)}\n\n${toMarkdown(tablesOf(report))}`
}

/**
 * Writes end-to-end.json into a folder, and the report into its performance.md, where that is.
 *
 * @throws UserError when performance.md has not the markers; nothing is written then
 */
export async function writeReport(report: Report, folder: string): Promise<void> {
    const files = { 'end-to-end.json': toJson(report) }
    await writeReportFiles(folder, 'end-to-end', reportAsMarkdown(report), files)
}
