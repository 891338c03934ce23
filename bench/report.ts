import os from 'node:os'
import type { Cost, Extent } from './measure.js'

/** The result of a run. */
export interface Report {
    date: string
    machine: string
    loadGenerator: string
    rounds: number
    seconds: number
    costs: Cost[]
}

/** @param loadGenerator the name of what asked */
export function reportOf(costs: Cost[], loadGenerator: string, extent: Extent): Report {
    const processors = os.cpus()
    return {
        date: new Date().toISOString().slice(0, 10),
        machine: `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`,
        loadGenerator,
        rounds: extent.rounds,
        seconds: extent.seconds,
        costs,
    }
}

/** The report as a table: a line for each nginx and subject, a column for each kind of path. */
export function tableOf(report: Report): string {
    const kinds = [...new Set(report.costs.map(({ paths }) => paths))]
    const lines = new Map<string, string[]>()
    for (const { nginx, subject, ratio } of report.costs) {
        const name = `${nginx}  ${subject}`
        const cell = `${ratio.median.toFixed(2)}  (${ratio.low.toFixed(2)} – ${ratio.high.toFixed(2)})`
        lines.set(name, [...(lines.get(name) ?? []), cell])
    }
    const width = Math.max(...[...lines.keys()].map((name) => name.length))
    const row = (first: string, cells: string[]) =>
        [first.padEnd(width), ...cells.map((cell) => cell.padEnd(22))].join('  ').trimEnd()
    return `CPU time of the nginx worker for a request, divided by that of a plain proxy_pass by the same nginx.
Median of ${report.rounds} paired rounds of ${report.seconds} s, with the quartiles; load by ${report.loadGenerator}; ${report.machine}; ${report.date}.

${row(
    '',
    kinds.map((kind) => `${kind} paths`),
)}
${[...lines].map(([name, cells]) => row(name, cells)).join('\n')}
`
}
