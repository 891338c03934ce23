import { parseMetadata } from './metadata.js'
import { metadataUrl, readProject, shownRelease } from './read-index.js'
import { readMetadataText } from './read-start.js'

/** What the list of projects shows of a project. */
export interface Facts {
    version: string | undefined
    summary: string
    /** ISO 8601: the latest upload of any file. */
    uploaded: string
}

/** Requests at a time: fewer than nginx allows an address, and than a browser opens. */
const atOnce = 4

/**
 * Reads facts about projects from their pages and metadata, each once, those that were asked for last first. The browser
 * keeps metadata for ever, and the cache of nginx holds both.
 */
export class FactReader {
    readonly facts = new Map<string, Facts>()
    /** In lower case, for the search. */
    readonly summaries = new Map<string, string>()
    /** Counts changes of `summaries`, many at a time: for each, the search text is made again. */
    revision = 0
    /** As stored in the bucket: possibly older than those in `facts`. */
    private stored: ReadonlyMap<string, string> = new Map()
    private readonly waiting: string[] = []
    private readonly asked = new Set<string>()
    private running = 0

    /** @param changed is called when there are new facts */
    constructor(private readonly changed: () => void) {}

    /** Takes the summaries that the bucket stores for all projects. */
    take(stored: ReadonlyMap<string, string>): void {
        this.stored = stored
        for (const [name, summary] of stored) {
            if (!this.facts.has(name)) this.summaries.set(name, summary.toLowerCase())
        }
        this.revision++
        this.changed()
    }

    /** The summary of a project, as far as it is known; empty otherwise. */
    summary(name: string): string {
        return this.facts.get(name)?.summary || this.stored.get(name) || ''
    }

    /** Reads the facts of these projects before those of others. */
    want(names: readonly string[]): void {
        const missing = names.filter((name) => !this.facts.has(name) && !this.asked.has(name))
        if (missing.length === 0) return
        for (const name of missing) {
            const at = this.waiting.indexOf(name)
            if (at >= 0) this.waiting.splice(at, 1)
        }
        this.waiting.unshift(...missing)
        // Of a quick typist's earlier results, only the latest are still of interest.
        this.waiting.length = Math.min(this.waiting.length, 500)
        while (this.running < atOnce && this.waiting.length > 0) void this.readNext()
    }

    private async readNext(): Promise<void> {
        this.running++
        try {
            for (let name = this.waiting.shift(); name !== undefined; name = this.waiting.shift()) {
                this.asked.add(name)
                const facts = await readFacts(name).catch(() => undefined)
                if (facts === undefined) continue
                this.facts.set(name, facts)
                const summary = facts.summary.toLowerCase()
                if (summary !== '') this.summaries.set(name, summary)
                if (this.waiting.length % 50 === 0) this.revision++
                this.changed()
            }
        } finally {
            this.running--
        }
    }
}

async function readFacts(name: string): Promise<Facts> {
    const project = await readProject(name)
    const release = shownRelease(project)
    const url = release && metadataUrl(release)
    const text =
        url === undefined
            ? ''
            : await readMetadataText(url).then(
                  ({ text }) => text,
                  () => '',
              )
    const uploads = project.releases.flatMap(({ files }) => files.flatMap(({ uploaded }) => uploaded ?? []))
    return {
        version: release?.version,
        summary: parseMetadata(text).summary,
        uploaded: uploads.reduce((latest, each) => (each > latest ? each : latest), ''),
    }
}
