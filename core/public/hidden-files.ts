import { parseFileName } from '../file-name.js'
import { normalizeName } from '../project-name.js'
import { normalizeVersion } from '../version.js'

/** Why a file of the upstream index is not offered. */
export type HiddenCause = 'cooldown' | 'denied' | 'undated' | 'unsupported'

const causes: HiddenCause[] = ['cooldown', 'denied', 'undated', 'unsupported']

/** Versions that are normalised. Searched for: the patterns of `normalizeVersion` cost njs memory. */
const numbers = /^(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*$/

/** Of the texts in `_hidden`. */
const maxReasons = 20

/** Counts what a page hides, and finds the versions that have no other files. */
export class HiddenFiles {
    total = 0
    private readonly counts: { [cause: string]: number } = {}
    private readonly reasons: string[] = []
    /** By normalised version: whether it has files that are offered. */
    private readonly isOffered = Object.create(null) as { [version: string]: boolean | undefined }
    /** By version, in the spelling of the file's name. */
    private readonly normalized = Object.create(null) as { [written: string]: string | undefined }

    constructor(private readonly project: string) {}

    /** @param version as `versionOf` has it */
    offer(version: string): void {
        this.isOffered[version] = true
    }

    /**
     * @param version as `versionOf` has it
     * @param reason that of the rule; may be empty
     */
    hide(version: string, cause: HiddenCause, reason: string): void {
        if (this.isOffered[version] === undefined) this.isOffered[version] = false
        this.counts[cause] = (this.counts[cause] || 0) + 1
        this.total++
        if (reason !== '' && this.reasons.length < maxReasons && this.reasons.indexOf(reason) < 0) {
            this.reasons.push(reason)
        }
    }

    /** Whether all files of a version are hidden. */
    isGone(version: string): boolean {
        return this.isOffered[this.normalize(version)] === false
    }

    /** The value of `_hidden`: the number of files by cause, and the reasons of the rules. */
    summary(): { [name: string]: unknown } {
        const summary: { [name: string]: unknown } = {}
        causes.forEach((cause) => {
            if (this.counts[cause] !== undefined) summary[cause] = this.counts[cause]
        })
        if (this.reasons.length > 0) summary.reasons = this.reasons
        return summary
    }

    /** What stands for the version of a file: its normalised form, if the name tells. */
    versionOf(filename: string): string {
        const written = writtenVersion(filename, this.project)
        if (written !== undefined) return this.normalize(written)
        const name = parseFileName(filename, this.project)
        // Neither a wheel nor an sdist: installers ignore it.
        return name === undefined ? 'file ' + filename : name.version
    }

    private normalize(written: string): string {
        if (written.search(numbers) === 0) return written
        return (this.normalized[written] ||= normalizeVersion(written) || written)
    }
}

/**
 * The version in the name of a file, without the patterns of `parseFileName`: each costs njs memory until the end of the request.
 *
 * @param project normalised, which usually has the length of the written name
 */
function writtenVersion(filename: string, project: string): string | undefined {
    const start = project.length + 1
    const written = filename.slice(0, start - 1)
    if (filename.charAt(start - 1) !== '-' || (written !== project && normalizeName(written) !== project))
        return undefined
    if (filename.slice(-4) === '.whl') {
        const end = filename.indexOf('-', start)
        const version = filename.slice(start, end)
        return end < 0 ? undefined : version.indexOf('_') < 0 ? version : version.split('_').join('-')
    }
    if (filename.slice(-7) === '.tar.gz') return filename.slice(start, -7)
    return filename.slice(-4) === '.zip' ? filename.slice(start, -4) : undefined
}
