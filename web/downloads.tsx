import { useEffect, useState } from 'preact/hooks'
import type { DownloadsJson } from '../core/index/download-counts.js'
import { readDownloads, recentDays } from './read-downloads.js'

/** The published counts of a project, or of all; undefined while they are read, and without them. */
export function useDownloads(name?: string): DownloadsJson | undefined {
    const [counts, setCounts] = useState<DownloadsJson>()
    useEffect(() => {
        void readDownloads(name).then(setCounts)
    }, [])
    return counts
}

const chartDays = 90
const height = 48

/** How often a project is downloaded. */
export function Downloads({ counts }: { counts: DownloadsJson }) {
    const days = recentDays(counts, chartDays)
    const month = days.slice(-30).reduce((sum, [, count]) => sum + count, 0)
    const most = days.reduce((most, [, count]) => Math.max(most, count), 1)
    return (
        <section aria-labelledby="downloads">
            <h2 id="downloads">Downloads</h2>
            <p>
                <strong>{month.toLocaleString('en')}</strong> in 30 days
            </p>
            <svg
                class="chart"
                viewBox={`0 0 ${chartDays * 3} ${height}`}
                role="img"
                aria-label={`Downloads by day: at most ${most}`}
            >
                {days.map(([day, count], at) => {
                    const length = Math.ceil((count / most) * (height - 1))
                    return (
                        <rect key={day} x={at * 3} y={height - length} width="2" height={length}>
                            <title>{`${day}: ${count.toLocaleString('en')}`}</title>
                        </rect>
                    )
                })}
            </svg>
            <p class="facts">
                {counts.downloads.toLocaleString('en')} from {counts.first} to {counts.last}
            </p>
        </section>
    )
}
