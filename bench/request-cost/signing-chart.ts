import type { Chart } from './chart.js'
import type { Report } from './report.js'

/** The chart of what signing costs: a group for each nginx, of paths that are recent and new. */
export function signingChart({ costs, date, machine }: Report): Chart {
    // Two series can be told apart by colour and without; names with + cost as much as others.
    const series = [...new Set(costs.map(({ paths }) => paths))].filter((paths) => !paths.endsWith('+')).slice(0, 2)
    const shown = costs.filter(({ paths }) => series.includes(paths))
    const groups = [...new Set(shown.map(({ nginx }) => nginx))].map((nginx) => {
        const ofNginx = shown.filter((cost) => cost.nginx === nginx)
        const rows = [...new Set(ofNginx.map(({ subject }) => subject))].map((subject) => ({
            label: subject,
            values: ofNginx.filter((cost) => cost.subject === subject).map(({ ratio }) => ratio.median),
        }))
        return { name: `nginx ${nginx}`, rows }
    })
    return {
        title: 'CPU time of a request, as a multiple of plain proxying by the same nginx',
        caption: `1 is a plain proxy_pass. Less is better. ${machine}, ${date}`,
        series: series.map((paths) => `${paths} paths`),
        groups,
    }
}
