import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { drawChart } from './chart.js'
import { replaceMarked, toMarkdown } from './markdown.js'
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
    const document = path.join(folder, 'performance.md')
    const marked = existsSync(document) && replaceMarked(await readFile(document, 'utf8'), markdown, document)
    await mkdir(folder, { recursive: true })
    await writeFile(path.join(folder, 'performance.json'), `${JSON.stringify(report, null, 2)}\n`)
    await writeFile(path.join(folder, 'performance.svg'), drawChart(signingChart(report)))
    if (marked !== false) await writeFile(document, marked)
    return markdown
}
