import type { SummariesJson } from '../core/index/summaries.js'
import { root } from './address.js'
import { readStart } from './read-start.js'

/** 200,000 summaries of 100 characters are 24 MB. */
const maxSummaries = 64 * 1024 * 1024

/** Reads the stored summaries of projects, by name; none if the bucket has none. They may be incomplete or outdated. */
export async function readSummaries(): Promise<ReadonlyMap<string, string>> {
    const response = await fetch(new URL('-/summaries/index.json', root), { redirect: 'manual' }).catch(() => undefined)
    if (response === undefined || !response.ok) return new Map()
    const { text, isWhole } = await readStart(response, maxSummaries)
    try {
        return isWhole ? checked(JSON.parse(text)) : new Map()
    } catch {
        return new Map()
    }
}

/** Other tools may write anything into the bucket. Throws for another form. */
function checked(json: unknown): ReadonlyMap<string, string> {
    const { summaries } = json as SummariesJson
    const entries = Object.entries(summaries) as [string, unknown][]
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
