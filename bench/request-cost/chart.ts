/** A chart of bars that lie: groups of rows, and in each row a bar for each series. */
export interface Chart {
    title: string
    /** What the numbers are. */
    caption: string
    series: readonly string[]
    groups: readonly ChartGroup[]
}

interface ChartGroup {
    name: string
    rows: readonly { label: string; values: readonly number[] }[]
}

const width = 800
const labelWidth = 250
const barHeight = 9
const rowGap = 9
const groupHead = 26
const top = 78
/** What the widest bar leaves for its number, in pixels. */
const margin = 50

const style = `
    text { font: 12px system-ui, sans-serif; fill: #24292f }
    .title { font-size: 15px; font-weight: 600 }
    .head { font-weight: 600 }
    .value { font-size: 10px }
    .s0 { fill: #0969da }
    .s1 { fill: #bf8700 }
    .one { stroke: #6e7781; stroke-dasharray: 3 3 }
    @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3 }
        .s0 { fill: #58a6ff }
        .s1 { fill: #d29922 }
        .one { stroke: #8b949e }
    }`

/** Draws it as SVG, on a linear axis from 0 with a line at 1, readable on a light and a dark ground. */
export function drawChart({ title, caption, series, groups }: Chart): string {
    const greatest = Math.max(1, ...groups.flatMap(({ rows }) => rows.flatMap(({ values }) => values)))
    const scale = (value: number) => round((value / greatest) * (width - labelWidth - margin))
    const rowHeight = series.length * barHeight + rowGap
    const parts: string[] = []
    let y = top
    for (const { name, rows } of groups) {
        parts.push(text(0, y + 12, name, 'head'))
        y += groupHead
        for (const { label, values } of rows) {
            parts.push(text(12, y + (series.length * barHeight) / 2 + 4, label))
            for (const [index, value] of values.entries()) {
                const at = y + index * barHeight
                parts.push(
                    `<rect class="s${index}" x="${labelWidth}" y="${at}" width="${scale(value)}" height="${barHeight - 1}"/>`,
                    text(labelWidth + scale(value) + 4, at + barHeight - 1, value.toFixed(2), 'value'),
                )
            }
            y += rowHeight
        }
    }
    const one = labelWidth + scale(1)
    const legend = series.flatMap((name, index) => [
        `<rect class="s${index}" x="${labelWidth + index * 120}" y="52" width="12" height="10"/>`,
        text(labelWidth + index * 120 + 18, 61, name),
    ])
    const lines = [
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" role="img" aria-label="${escape(title)}">`,
        `<style>${style}\n</style>`,
        text(0, 16, title, 'title'),
        text(0, 36, caption),
        ...legend,
        `<line class="one" x1="${one}" y1="${top - 8}" x2="${one}" y2="${y}"/>`,
        ...parts,
        '</svg>',
    ]
    return lines.join('\n') + '\n'
}

function text(x: number, y: number, content: string, className?: string): string {
    const attribute = className === undefined ? '' : ` class="${className}"`
    return `<text${attribute} x="${round(x)}" y="${round(y)}">${escape(content)}</text>`
}

function escape(content: string): string {
    return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

function round(value: number): number {
    return Math.round(value * 10) / 10
}
