import type { DownloadsJson } from '../../core/index/download-counts.js'
import { daysBefore } from './stored-counts.js'

/** Days and projects that the picture shows. */
const maxDays = 90
const maxBars = 10

const width = 800
const chartHeight = 160
const left = 60
const rowHeight = 24

/** Draws the downloads by day, and the projects or versions with the most. @returns SVG, which follows light and dark */
export function downloadsPicture(title: string, counts: DownloadsJson): string {
    // Objects list keys that are numbers, as versions can be, first.
    const sorted = Object.entries(counts.projects ?? counts.versions ?? {}).sort(([, a], [, b]) => b - a)
    const bars = sorted.slice(0, maxBars)
    const height = 100 + chartHeight + bars.length * rowHeight + 30
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 }
.count { fill: #57606a }
.bar { fill: #0f7b57 }
line { stroke: #8c959f }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.count { fill: #9198a1 }
.bar { fill: #3fb68b }
}
</style>
<text class="title" x="${left}" y="28">${escaped(title)}</text>
<text class="count" x="${left}" y="48">${formatted(counts.downloads)} downloads, ${counts.first} to ${counts.last}</text>
${byDay(counts)}
${bars.map((bar, at) => row(bar, bars[0]![1], 100 + chartHeight + at * rowHeight)).join('\n')}
</svg>
`
}

function byDay({ days, last }: DownloadsJson): string {
    if (last === '') return ''
    const oldest = Object.keys(days)[0] ?? last
    const shown = Array.from({ length: maxDays }, (_, at) => daysBefore(last, maxDays - 1 - at)).filter(
        (day) => day >= oldest,
    )
    const most = shown.reduce((most, day) => Math.max(most, days[day] ?? 0), 1)
    const step = (width - left - 20) / Math.max(shown.length, 14)
    const base = 70 + chartHeight
    const bars = shown.map((day, at) => {
        const count = days[day] ?? 0
        const height = (count / most) * chartHeight
        const x = rounded(left + at * step)
        const title = `<title>${day}: ${formatted(count)}</title>`
        return `<rect class="bar" x="${x}" y="${rounded(base - height)}" width="${rounded(step * 0.8)}" height="${rounded(height)}">${title}</rect>`
    })
    return [
        `<text class="count" x="${left - 8}" y="78" text-anchor="end">${formatted(most)}</text>`,
        `<text class="count" x="${left - 8}" y="${base}" text-anchor="end">0</text>`,
        ...bars,
        `<line x1="${left}" y1="${base}" x2="${width - 20}" y2="${base}"/>`,
        `<text class="count" x="${left}" y="${base + 16}">${shown[0] ?? ''}</text>`,
        `<text class="count" x="${width - 20}" y="${base + 16}" text-anchor="end">${last}</text>`,
    ].join('\n')
}

function row([name, count]: [string, number], most: number, y: number): string {
    const length = (count / most) * 340
    const shown = name.length > 36 ? `${name.slice(0, 35)}…` : name
    return (
        `<text x="${left}" y="${y + 16}">${escaped(shown)}</text>` +
        `<rect class="bar" x="340" y="${y + 4}" width="${rounded(length)}" height="14"/>` +
        `<text class="count" x="${rounded(350 + length)}" y="${y + 16}">${formatted(count)}</text>`
    )
}

function rounded(value: number): string {
    return String(Math.round(value * 10) / 10)
}

function formatted(count: number): string {
    return count.toLocaleString('en')
}

function escaped(text: string): string {
    return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
