import { table } from '../scripts/manage/table.js'

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
