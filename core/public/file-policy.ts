import { parseFileName } from '../file-name.js'
import { encodeUtf8 } from '../utf8.js'
import type { ByteTools } from './byte-tools.js'
import { digestLength, isFilePath, relativePrefix } from './file-address.js'
import type { FileRanges } from './file-shape.js'
import type { HiddenCause, HiddenFiles } from './hidden-files.js'
import type { JsonScanner } from './json-scanner.js'
import { UnreadablePage } from './unreadable-page.js'

/** What a page may offer. */
export interface PagePolicy {
    /** UTC, to the second: 2026-11-20T12:00:00. Files uploaded later are hidden. Empty: the time of the upload does not count. */
    cutoff: string
    /**
     * The reason why a version is hidden; undefined if it is offered. Undefined if no rule is about the project's versions.
     *
     * @param version normalised; undefined if the name of the file does not tell
     */
    refusal: ((version: string | undefined) => string | undefined) | undefined
}

/** What is known of a version, whose files usually follow each other on a page. */
interface Release {
    /** `NAME-VERSION`, as the names of its files begin; empty if they do not. */
    start: Uint8Array
    version: string
    /** Why it is denied. */
    reason: string | undefined
    /** Whether it is known that it has a file. */
    isOffered: boolean
}

/** @see PEP 700, "upload-time" */
const uploadTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z$/

const dash = 0x2d
/** Other indexes than PyPI may write it: their files are beside /simple/. */
export const relativeBytes = encodeUtf8(relativePrefix)
const wheelEnding = encodeUtf8('.whl')
const sdistEnding = encodeUtf8('.tar.gz')

/** Decides for each file of a page whether it is offered, and counts those that are not. */
export class FilePolicy {
    /** When the oldest file was uploaded that is hidden for its age; empty for none. UTC, to the second. */
    oldestYoung = ''
    private readonly prefix: Uint8Array
    private readonly isSelective: boolean
    /** Times of old files are less than this: a time of the cutoff's second has a "." or a "Z" in the place of "~". */
    private readonly ageLimit: string
    private release: Release | undefined = undefined

    /**
     * @param project normalised
     * @param fileUrl the URL at which all files of the upstream index are
     */
    constructor(
        private readonly project: string,
        fileUrl: string,
        private readonly policy: PagePolicy,
        private readonly hidden: HiddenFiles,
        private readonly tools: ByteTools,
    ) {
        this.prefix = encodeUtf8(fileUrl)
        this.isSelective = policy.cutoff !== '' || policy.refusal !== undefined
        this.ageLimit = policy.cutoff + '~'
    }

    /** The length of what precedes the path of a file in its URL. @throws UnreadablePage if it is elsewhere than the others */
    prefixLength(scanner: JsonScanner, { url, urlEnd }: FileRanges): number {
        const { length } = this.prefix
        if (scanner.is(url, Math.min(length, urlEnd - url), this.prefix)) return length
        const shorter = relativeBytes.length
        if (scanner.is(url, Math.min(shorter, urlEnd - url), relativeBytes)) return shorter
        throw new UnreadablePage('a file is elsewhere than the others')
    }

    /** @param path where the path of the file begins in its URL */
    isOffered(scanner: JsonScanner, file: FileRanges, path: number): boolean {
        const length = file.filenameEnd - file.filename
        const isSupported =
            file.urlEnd - path === digestLength + length &&
            this.tools.areEqual(scanner.bytes, path + digestLength, scanner.bytes, file.filename, length) &&
            isFilePath(scanner.text(path, file.urlEnd))
        if (isSupported && !this.isSelective) return true
        const release = this.releaseOf(scanner, file)
        let cause: HiddenCause | undefined
        if (!isSupported) cause = 'unsupported'
        else if (release.reason !== undefined) cause = 'denied'
        else if (this.policy.cutoff !== '') cause = this.ageCause(scanner, file)
        if (cause !== undefined) {
            this.hidden.hide(release.version, cause, cause === 'denied' ? release.reason! : '')
            return false
        }
        if (!release.isOffered) this.hidden.offer(release.version)
        release.isOffered = true
        return true
    }

    private releaseOf(scanner: JsonScanner, { filename, filenameEnd }: FileRanges): Release {
        const { release, policy } = this
        if (release !== undefined && this.isOf(release, scanner, filename, filenameEnd)) return release
        const name = scanner.text(filename, filenameEnd)
        const parsed = policy.refusal && parseFileName(name, this.project)
        const known = {
            start: scanner.bytes.subarray(filename, filename + startLength(name)),
            version: this.hidden.versionOf(name),
            reason: policy.refusal && policy.refusal(parsed && parsed.version),
            isOffered: false,
        }
        this.release = known
        return known
    }

    private isOf({ start }: Release, scanner: JsonScanner, filename: number, filenameEnd: number): boolean {
        const { length } = start
        const end = filename + length
        if (length === 0 || end >= filenameEnd || !scanner.is(filename, length, start)) return false
        return scanner.bytes[end] === dash
            ? scanner.is(filenameEnd - wheelEnding.length, wheelEnding.length, wheelEnding)
            : scanner.is(end, filenameEnd - end, sdistEnding)
    }

    private ageCause(scanner: JsonScanner, { time, timeEnd }: FileRanges): HiddenCause | undefined {
        const text = time < 0 ? '' : scanner.text(time, timeEnd)
        // Unlike test(), search() does not cost njs memory.
        if (text.search(uploadTime) < 0) return 'undated'
        // Texts of this form are in the order of time.
        if (text < this.ageLimit) return undefined
        if (this.oldestYoung === '' || text < this.oldestYoung) this.oldestYoung = text.slice(0, 19)
        return 'cooldown'
    }
}

/** The length of `NAME-VERSION` in the name of a wheel or an sdist; 0 for another, or one that can be read in several ways. */
function startLength(name: string): number {
    const first = name.indexOf('-')
    const second = name.indexOf('-', first + 1)
    if (first < 0) return 0
    if (name.slice(-4) === '.whl') return Math.max(second, 0)
    return second < 0 && name.slice(-7) === '.tar.gz' ? name.length - 7 : 0
}
