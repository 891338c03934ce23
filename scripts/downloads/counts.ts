import type { Delivery } from './log-line.js'

/** Downloads by value. */
export type Tally = Map<string, number>

/** Downloads of one project, or of all. */
export interface Counts {
    downloads: number
    days: Tally
    installers: Tally
    pythons: Tally
}

/** Downloads of one project. */
export interface ProjectCounts extends Counts {
    versions: Tally
}

/** Downloads of an index. */
export interface IndexCounts extends Counts {
    projects: Map<string, ProjectCounts>
}

/** Files and clients that are remembered at least, to recognise ranges of one download; twice as many at most. */
const remembered = 50_000

/** Versions of a project that redirects may add in one run: nginx redirects to any. */
const maxVersions = 10_000

/**
 * Counts downloads: each answer with a whole file, and one for all ranges of a file that one client gets on one day. Ranges
 * beside a whole file on the same day are a resumed download, or an installer that read the file's metadata first.
 */
export class DownloadCounter {
    readonly counts: IndexCounts = { ...noCounts(), projects: new Map() }
    /** By project: versions for which only redirects were seen, so that they may not exist. */
    readonly unproven = new Map<string, Set<string>>()
    /** Files by day, client and name; whether a range was counted that no whole file has followed. */
    private seen = new Map<string, boolean>()
    /** Those before. Deleting the oldest of one map would take time for each that was deleted before. */
    private seenBefore = new Map<string, boolean>()

    add(delivery: Delivery): void {
        if (!this.isNew(delivery)) return
        const { day, project, installer } = delivery
        let own = this.counts.projects.get(project)
        if (own === undefined) {
            own = { ...noCounts(), versions: new Map() }
            this.counts.projects.set(project, own)
        }
        this.addVersion(own.versions, delivery)
        for (const counts of [this.counts, own]) {
            counts.downloads++
            increase(counts.days, day)
            increase(counts.installers, installer.name)
            increase(counts.pythons, installer.python)
        }
    }

    private addVersion(versions: Tally, { project, version, isRedirect }: Delivery): void {
        const unproven = this.unproven.get(project)
        if (!isRedirect) unproven?.delete(version)
        else if (!versions.has(version)) {
            if (versions.size >= maxVersions) return
            if (unproven) unproven.add(version)
            else this.unproven.set(project, new Set([version]))
        }
        increase(versions, version)
    }

    private isNew({ day, client, filename, isWhole }: Delivery): boolean {
        const key = `${day} ${client} ${filename}`
        const hasOpenRange = this.seen.get(key) ?? this.seenBefore.get(key)
        this.remember(key, hasOpenRange === undefined ? !isWhole : hasOpenRange && !isWhole)
        if (hasOpenRange === undefined) return true
        return isWhole && !hasOpenRange
    }

    private remember(key: string, hasOpenRange: boolean): void {
        this.seen.set(key, hasOpenRange)
        if (this.seen.size < remembered) return
        this.seenBefore = this.seen
        this.seen = new Map()
    }
}

/** Adds counts to others. */
export function addCounts(to: IndexCounts, from: IndexCounts): void {
    addOwn(to, from)
    for (const [name, counts] of from.projects) {
        const own = to.projects.get(name) ?? { ...noCounts(), versions: new Map() }
        to.projects.set(name, own)
        addOwn(own, counts)
        addTally(own.versions, counts.versions)
    }
}

function addOwn(to: Counts, from: Counts): void {
    to.downloads += from.downloads
    for (const name of ['days', 'installers', 'pythons'] as const) addTally(to[name], from[name])
}

function addTally(to: Tally, from: Tally): void {
    for (const [name, count] of from) increase(to, name, count)
}

function increase(tally: Tally, name: string, by = 1): void {
    tally.set(name, (tally.get(name) ?? 0) + by)
}

export function noCounts(): Counts {
    return { downloads: 0, days: new Map(), installers: new Map(), pythons: new Map() }
}

/** The most frequent first, then by name. */
export function byFrequency(tally: ReadonlyMap<string, number>): [string, number][] {
    return [...tally].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
}
