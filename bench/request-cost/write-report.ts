import { toMarkdown } from '../markdown.js'
import { toJson, writeReportFiles } from '../report-files.js'
import { drawChart } from './chart.js'
import type { Report } from './report.js'
import { tablesOf } from './report-tables.js'
import { signingChart } from './signing-chart.js'

/**
 * Writes performance.json and performance.svg into a folder, and the tables into its performance.md, where that is.
 *
 * @returns the tables, as Markdown
 * @throws UserError when performance.md has not the markers; nothing is written then
 */
export async function writeReport(report: Report, folder: string): Promise<string> {
    const markdown = toMarkdown(tablesOf(report))
    const files = { 'performance.json': toJson(report), 'performance.svg': drawChart(signingChart(report)) }
    await writeReportFiles(folder, 'bench', markdown, files)
    return markdown
}
