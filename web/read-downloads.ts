import type { DownloadsJson } from '../core/index/download-counts.js'
import { root } from './address.js'
import { readStart } from './read-start.js'

/** 100,000 versions are 2 MB. */
const maxCounts = 16 * 1024 * 1024

/** Reads published counts of downloads. @param name of a project, normalised @returns undefined if there are none */
export async function readDownloads(name?: string): Promise<DownloadsJson | undefined> {
    const url = new URL(`-/downloads/${name === undefined ? '' : `${name}/`}index.json`, root)
    const response = await fetch(url, { redirect: 'manual' }).catch(() => undefined)
    if (response === undefined || !response.ok) return undefined
    const { text, isWhole } = await readStart(response, maxCounts)
    try {
        return isWhole ? checked(JSON.parse(text)) : undefined
    } catch {
        return undefined
    }
}

/** Other tools may write anything into the bucket. Throws for another form. */
function checked(json: unknown): DownloadsJson {
    const { first, last, downloads, days, versions, projects } = json as DownloadsJson
    const isDay = (day: unknown) =>
        typeof day === 'string' && /^\d{4}-\d\d-\d\d$/.test(day) && Number.isFinite(Date.parse(`${day}T00:00:00Z`))
    if (!isDay(first) || !isDay(last) || !Number.isSafeInteger(downloads)) throw new TypeError('counts')
    return {
        ...{ meta: { version: 1 }, first, last, downloads, installers: {}, pythons: {} },
        days: numbers(days),
        versions: numbers(versions),
        projects: numbers(projects),
    }
}

function numbers(json: unknown): Record<string, number> {
    const entries = Object.entries((json ?? {}) as object) as [string, unknown][]
    return Object.fromEntries(
        entries.filter(
            (entry): entry is [string, number] => Number.isSafeInteger(entry[1]) && (entry[1] as number) >= 0,
        ),
    )
}

/** The days up to `last`, oldest first, with their downloads. */
export function recentDays({ days, last }: DownloadsJson, count: number): [day: string, downloads: number][] {
    const end = Date.parse(`${last}T00:00:00Z`)
    return Array.from({ length: count }, (_, at) => {
        const day = new Date(end - (count - 1 - at) * 86_400_000).toISOString().slice(0, 10)
        return [day, days[day] ?? 0]
    })
}
