import { offeredFiles, versionOf, type FileEntry, type ProjectPage } from '../project-page.js'
import { isPrerelease } from '../version.js'
import { markerFolder } from './unlisted-projects.js'

/**
 * The summaries of projects, which the pages for people search. Made from the metadata of wheels by `manage-index rebuild`;
 * may be missing, incomplete or older than these.
 */
export interface SummariesJson {
    meta: { version: 1 }
    /** By the normalised name of the project; empty for a project without one. */
    summaries: Record<string, string>
}

export const summariesKey = `${markerFolder}/summaries/index.json`

/** PyPI allows 512. Characters. */
const maxSummary = 512
/** Where the fields of metadata end at the latest. Characters, and bytes. */
export const maxHead = 64 * 1024

/** The file whose metadata describes a project: of the version that installers choose, as far as files have metadata. */
export function describedFile(page: ProjectPage): FileEntry | undefined {
    let best: FileEntry | undefined
    let bestRank = -1
    // The newest version is the last one.
    for (const file of [...offeredFiles(page)].reverse()) {
        if (file.coreMetadata === undefined) continue
        const rank = file.yanked !== undefined ? 0 : isPrerelease(versionOf(page.name, file.filename)) ? 1 : 2
        if (rank > bestRank) {
            best = file
            bestRank = rank
        }
        if (rank === 2) break
    }
    return best
}

/** The summary in METADATA; empty without one. */
export function summaryIn(metadata: string): string {
    const head = metadata.slice(0, maxHead).split(/\r?\n\r?\n/, 1)[0]!
    const summary = (/^summary:(.*)$/im.exec(head)?.[1] ?? '').trim()
    return summary === 'UNKNOWN' ? '' : summary.slice(0, maxSummary)
}
