import type { Tested } from './tested.js'

/** What a run of the matrix found. */
export interface Results {
    /** `2026-11-25` */
    date: string
    cells: CellResult[]
    claims: Claim[]
}

/** What became of one cell, or of all that has nothing to do with nginx. */
export interface CellResult {
    name: string
    passed: number
    failed: number
    skipped: number
    /** Test files of which no test passed or failed. */
    notRun: string[]
    /** Why nothing of it could run. */
    reason?: string
}

/** What one suite proves in one cell. */
export interface Claim {
    cell: string
    tested: Tested
    passed: boolean
}

/** What may be said of a cell: that it passed only when all of its files ran and nothing failed. */
export function verdict({ passed, failed, skipped, notRun, reason }: CellResult): string {
    if (reason !== undefined) return `could not run: ${reason}`
    if (failed > 0) return `${failed} failed`
    if (passed === 0) return 'not run'
    if (notRun.length > 0) return `incomplete: ${notRun.length} files not run`
    return skipped > 0 ? `passed, but ${skipped} skipped` : 'passed'
}
