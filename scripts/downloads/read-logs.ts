import { createHash } from 'node:crypto'
import { UsageError, UserError } from '../../core/user-error.js'
import { DownloadCounter, type IndexCounts } from './counts.js'
import { isOurs, readLine } from './log-line.js'
import { logLines } from './log-lines.js'

/**
 * How far a log was counted. A log is recognised by its first line, which holds the random ID of a request: it may be
 * renamed, compressed and continued meanwhile.
 */
export interface Cursor {
    /** SHA-256 of the first line of `log_format pypi`, shortened. */
    first: string
    /** Bytes that were counted, without compression. */
    bytes: number
    /** SHA-256 of the last of these bytes, shortened. */
    tail: string
    /** The day of the last line. */
    last: string
}

/** What was found in one log. */
export interface LogReport {
    log: string
    /** Lines of `log_format pypi`. */
    lines: number
    downloads: number
    /** Lines of another form. */
    foreign: number
    /** Lines before the first day that is counted, or after the last. */
    old: number
    /** Lines from the future: the clock of the node was wrong. */
    late: number
    /** Redirects for projects that the index does not have. */
    unlisted: number
    /** Bytes that an earlier run has counted. */
    skipped: number
    /** Bytes of a last line without its end. */
    incomplete: number
}

/** Which lines are counted. */
export interface Selection {
    /** How far earlier runs have counted, by first line. */
    earlier?: ReadonlyMap<string, Cursor>
    /** The first and the last day. */
    since?: string
    until?: string
    /** Later days are errors of the node's clock. */
    tomorrow?: string
    /** The projects for which redirects are counted; undefined for all. */
    projects?: ReadonlySet<string>
}

/** What was read. */
interface LogCounts {
    counts: IndexCounts
    /** By project: versions for which only redirects were seen. */
    unproven: ReadonlyMap<string, ReadonlySet<string>>
    reports: LogReport[]
    cursors: Cursor[]
}

/** Bytes before the end of what was counted, which must be the same in the next run. */
const tailLength = 512

/**
 * Counts the downloads in logs, one after the other.
 *
 * @param names files, or `-` for the standard input
 * @param onBytes called with the number of bytes read
 * @throws UserError if a log cannot be read, is given twice, or differs from what was counted of it
 */
export async function readLogs(
    names: readonly string[],
    selection: Selection = {},
    onBytes: (bytes: number) => void = () => {},
): Promise<LogCounts> {
    const counter = new DownloadCounter()
    const reports: LogReport[] = []
    const cursors: Cursor[] = []
    const given = new Map<string, string>()
    for (const name of names) {
        const log = new Log(name, counter, selection)
        const lines = logLines(name, onBytes)
        let next = await lines.next()
        for (; !next.done; next = await lines.next()) log.count(next.value, given)
        log.report.incomplete = next.value
        reports.push(log.report)
        cursors.push(...log.cursors())
    }
    return { counts: counter.counts, unproven: counter.unproven, reports, cursors }
}

/** One log while it is read. */
class Log {
    readonly report: LogReport
    private first: string | undefined
    /** That of an earlier run. */
    private earlier: Cursor | undefined
    private position = 0
    private tail: Buffer = Buffer.alloc(0)
    private last = ''

    constructor(
        private readonly name: string,
        private readonly counter: DownloadCounter,
        private readonly selection: Selection,
    ) {
        const none = { lines: 0, downloads: 0, foreign: 0, old: 0, late: 0, unlisted: 0, skipped: 0, incomplete: 0 }
        this.report = { log: name, ...none }
    }

    /** Counts the next whole lines. @param given the logs of this run, by first line */
    count(bytes: Buffer, given: Map<string, string>): void {
        if (this.first === undefined) this.recognise(bytes.toString('utf8'), given)
        const counted = Math.min(Math.max((this.earlier?.bytes ?? 0) - this.position, 0), bytes.length)
        if (counted > 0) {
            this.pass(bytes.subarray(0, counted))
            this.report.skipped += counted
            if (this.position === this.earlier!.bytes && hashOf(this.tail) !== this.earlier!.tail)
                throw differs(this.name)
        }
        if (counted === bytes.length) return
        this.pass(bytes.subarray(counted))
        this.countLines(bytes.toString('utf8', counted))
    }

    /** How far the log is counted now; none without a line of `log_format pypi`. */
    cursors(): Cursor[] {
        if (this.first === undefined) return []
        // A copy that is shorter than what was counted.
        if (this.earlier !== undefined && this.position <= this.earlier.bytes) return [this.earlier]
        return [{ first: this.first, bytes: this.position, tail: hashOf(this.tail), last: this.last }]
    }

    private recognise(text: string, given: Map<string, string>): void {
        const line = text.split('\n').find(isOurs)
        if (line === undefined) return
        this.first = hashOf(line)
        const same = given.get(this.first)
        if (same !== undefined) {
            throw new UsageError(
                `${this.name} and ${same} begin with the same line: they are one log`,
                'Name one of them.',
            )
        }
        given.set(this.first, this.name)
        this.earlier = this.selection.earlier?.get(this.first)
    }

    private pass(bytes: Buffer): void {
        this.position += bytes.length
        const joined = bytes.length >= tailLength ? bytes : Buffer.concat([this.tail, bytes])
        this.tail = Buffer.from(joined.subarray(-tailLength))
    }

    private countLines(text: string): void {
        const { counter, report } = this
        const { since = '', until = '~', tomorrow = '~', projects } = this.selection
        const before = counter.counts.downloads
        for (const line of text.split('\n')) {
            if (line === '' || line === '\r') continue
            const read = readLine(line)
            if (read === 'foreign') {
                report.foreign++
                continue
            }
            report.lines++
            const day = line.slice(9, 19)
            if (day > tomorrow) {
                report.late++
                continue
            }
            if (day > this.last) this.last = day
            if (day < since || day > until) report.old++
            else if (read !== 'other') {
                if (read.isRedirect && projects?.has(read.project) === false) report.unlisted++
                else counter.add(read)
            }
        }
        report.downloads += counter.counts.downloads - before
    }
}

function hashOf(bytes: string | Buffer): string {
    return createHash('sha256').update(bytes).digest('hex').slice(0, 32)
}

function differs(name: string): UserError {
    return new UserError(
        `${name} begins like a log that was counted before, but goes on differently`,
        'Name whole logs as nginx wrote them: a log that was filtered or edited would be counted twice.',
    )
}
