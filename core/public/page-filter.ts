import { normalizeName } from '../project-name.js'
import { parseStatus } from '../project-status.js'
import { encodeUtf8 } from '../utf8.js'
import type { ByteTools } from './byte-tools.js'
import { relativePrefix, urlStart } from './file-address.js'
import { FilePolicy, relativeBytes, type PagePolicy } from './file-policy.js'
import { FileReader } from './file-reader.js'
import { HiddenFiles } from './hidden-files.js'
import { JsonScanner } from './json-scanner.js'
import { PageOutput } from './page-output.js'
import { UnreadablePage } from './unreadable-page.js'

const comma = 0x2c
const openList = 0x5b
const closeList = 0x5d
const openObject = 0x7b
const closeObject = 0x7d
const quote = 0x22

/** Bytes. The largest page of PyPI has 38 MB. */
const maxPageSize = 64 * 1024 * 1024

/** Of a member of the page other than its files: its versions are the largest. Bytes. */
const maxMemberSize = 1024 * 1024

/** Of a file. Bytes. */
const maxFileSize = 64 * 1024

/** Of the values that are parsed: meta, name and project-status. Bytes. */
const maxParsedSize = 16384

/** How much of the next part is read first, to complete what ended early in the part before. Bytes. */
const firstOverlap = 4096

/** Where in the page the filter is. */
type State = 'start' | 'members' | 'files' | 'end'

/**
 * Filters a page of the upstream index, part by part as it comes: hides files that the policy does not offer, and makes the URLs
 * of the others relative. All other bytes are kept, except white space between files.
 *
 * It works on the bytes: parsed, a page of 35 MB would take njs ten times its size.
 *
 * A page that it does not understand is refused as a whole. Names of members must not have escapes; those that it reads must
 * not occur twice.
 *
 * @see PEP 691, 700, 792
 */
export class PageFilter {
    private readonly reader = new FileReader()
    private readonly hidden: HiddenFiles
    private readonly files: FilePolicy
    private readonly output: PageOutput
    private scanner: JsonScanner
    private state: State = 'start'
    private memberCount = 0
    private fileCount = 0
    private offeredCount = 0
    private hasFiles = false
    private isQuarantined = false
    private readonly seen: { [name: string]: boolean } = {}
    /** What ended early in the part before. */
    private rest: Uint8Array
    private size = 0

    /**
     * @param project normalised: that of the request
     * @param fileUrl the URL at which all files of the upstream index are: https://files.pythonhosted.org/packages/
     * @param isStream whether the page is large: URLs that follow `urlStart` are then left to nginx, and strings that are passed
     * on unread are not checked, since both take njs memory until the end of the request
     * @param send takes the filtered page, piece by piece: that of a small page when all of it has been filtered
     */
    constructor(
        private readonly project: string,
        fileUrl: string,
        policy: PagePolicy,
        private readonly isStream: boolean,
        private readonly tools: ByteTools,
        send: (bytes: Uint8Array) => void,
    ) {
        if (fileUrl.length < relativePrefix.length) throw new TypeError('the URL of the files is too short')
        this.hidden = new HiddenFiles(project)
        this.files = new FilePolicy(project, fileUrl, policy, this.hidden, tools)
        this.rest = tools.allocate(0)
        this.output = new PageOutput(this.rest, send)
        this.scanner = new JsonScanner(this.rest, tools, 0, true, true)
    }

    /** When the oldest file was uploaded that is hidden for its age, once all is filtered; empty for none. UTC, to the second. */
    get oldestYoung(): string {
        return this.files.oldestYoung
    }

    /**
     * Filters a part of the page.
     *
     * @param part must not change as long as what was sent of it is not
     * @param isLast whether the page ends with it
     * @throws UnreadablePage
     */
    push(part: Uint8Array, isLast: boolean): void {
        this.size += part.length
        if (this.size > maxPageSize) throw new UnreadablePage('it is larger than 64 MiB')
        const from = this.rest.length > 0 ? this.completeRest(part, isLast) : 0
        if (from >= 0) {
            const end = this.run(part, from, isLast, part.length)
            this.rest = part.subarray(end)
        }
        if (this.rest.length > (this.state === 'files' ? maxFileSize : maxMemberSize)) {
            throw new UnreadablePage(
                this.state === 'files' ? 'a file has more than 64 KiB' : 'a value has more than 1 MiB',
            )
        }
        if (isLast) this.finish()
    }

    /** @returns where in the part to go on; -1 if all of it was needed, and maybe more is */
    private completeRest(part: Uint8Array, isLast: boolean): number {
        const { rest } = this
        for (let overlap = Math.max(firstOverlap, rest.length); ; overlap *= 2) {
            const isWhole = overlap >= part.length
            const joined = this.join(rest, isWhole ? part : part.subarray(0, overlap))
            const end = this.run(joined, 0, isLast && isWhole, rest.length)
            if (isWhole) {
                this.rest = joined.subarray(end)
                return -1
            }
            if (end >= rest.length) return end - rest.length
        }
    }

    private join(one: Uint8Array, other: Uint8Array): Uint8Array {
        const joined = this.tools.allocate(one.length + other.length)
        joined.set(one)
        joined.set(other, one.length)
        return joined
    }

    /**
     * Filters whole elements: files, and members of the page.
     *
     * @param isFinal whether the page ends with these bytes
     * @param enough a position at which it may stop
     * @returns the end of the last element
     */
    private run(bytes: Uint8Array, from: number, isFinal: boolean, enough: number): number {
        const scanner = (this.scanner = new JsonScanner(bytes, this.tools, from, isFinal, !this.isStream))
        this.output.begin(bytes, from)
        let done = from
        try {
            while (this.state !== 'end' && (isFinal || done < enough)) {
                this.element()
                done = scanner.position
            }
        } catch (error) {
            if (isFinal || !scanner.isShort) throw error
        }
        if (this.state === 'end') {
            scanner.expectEnd()
            done = bytes.length
        }
        this.output.keep(done)
        this.output.flush()
        return done
    }

    private finish(): void {
        if (this.state !== 'end') throw new UnreadablePage('it ends early')
        if (!this.hasFiles) throw new UnreadablePage('it has no files')
        if (!this.seen.name) throw new UnreadablePage('it is the page of another project')
        if (!this.seen.meta) throw new UnreadablePage('it is not of version 1 of the simple API')
        this.output.finish((member, value) => this.newValue(member, value) || value, this.isQuarantined)
    }

    /** Takes an element. One that is not complete changes nothing. */
    private element(): void {
        if (this.state === 'start') {
            this.scanner.expect(openObject)
            this.state = 'members'
        } else if (this.state === 'members') this.member()
        else this.file()
    }

    private member(): void {
        const { scanner } = this
        if (scanner.next() === closeObject) {
            scanner.position++
            this.state = 'end'
            return
        }
        if (this.memberCount > 0) scanner.expect(comma)
        const length = scanner.name()
        const name = knownMember(scanner, scanner.nameStart, length)
        const first = scanner.next()
        const start = scanner.position
        if (name === 'files') {
            if (first !== openList) throw new UnreadablePage('its files are not a list')
            scanner.position++
        } else {
            scanner.skipValue(1)
            scanner.expectMore()
        }
        this.memberCount++
        if (name === undefined) return
        if (this.seen[name]) throw new UnreadablePage(`it has two members "${name}"`)
        this.seen[name] = true
        if (name === 'files') {
            this.output.beginFiles(scanner.position)
            this.state = 'files'
        } else this.takeValue(name, start, scanner.position)
    }

    private takeValue(name: string, start: number, end: number): void {
        const { output } = this
        const bytes = this.scanner.bytes.subarray(start, end)
        if (name === 'name') this.checkName(bytes)
        else if (name === 'project-status') this.readStatus(bytes)
        else if (!this.hasFiles) output.defer(start, end, name)
        else {
            const value = this.newValue(name, bytes)
            if (value !== undefined) output.replace(start, end, value)
        }
    }

    private file(): void {
        const { scanner, output } = this
        const from = scanner.position
        if (scanner.next() === closeList) {
            output.endFiles(scanner.position)
            scanner.position++
            this.hasFiles = true
            this.state = 'members'
            return
        }
        if (this.fileCount > 0) scanner.expect(comma)
        scanner.next()
        const start = scanner.position
        const file = this.reader.read(scanner)
        this.fileCount++
        const path = file.url + this.files.prefixLength(scanner, file)
        if (!this.files.isOffered(scanner, file, path)) return output.leaveOut(from, scanner.position)
        // The comma after hidden files, if none is before them.
        if (this.offeredCount++ === 0) output.leaveOut(from, start)
        if (this.isStream && scanner.is(file.url - compactUrl.length, compactUrl.length, compactUrl)) return
        output.replace(file.url, path, relativeBytes)
    }

    private checkName(bytes: Uint8Array): void {
        const name = this.parsed('name', bytes)
        if (typeof name !== 'string' || normalizeName(name) !== this.project) {
            throw new UnreadablePage('it is the page of another project')
        }
    }

    private readStatus(bytes: Uint8Array): void {
        const status = parseStatus(this.parsed('project-status', bytes))
        if (status === undefined) throw new UnreadablePage('its project-status has no status')
        this.isQuarantined = status.status === 'quarantined'
    }

    /** The value of a member that depends on the files; undefined for that which it has. */
    private newValue(name: string, bytes: Uint8Array): Uint8Array | undefined {
        return name === 'meta' ? this.newMeta(bytes) : this.newVersions(bytes)
    }

    /** With `_hidden`, if files are hidden. */
    private newMeta(bytes: Uint8Array): Uint8Array | undefined {
        const meta = this.parsed('meta', bytes) as { 'api-version'?: unknown; _hidden?: unknown } | null
        const version = meta && meta['api-version']
        if (typeof version !== 'string' || version.search(/^1\.[0-9]+$/) < 0 || version.indexOf('\n') >= 0) {
            throw new UnreadablePage('it is not of version 1 of the simple API')
        }
        if (this.hidden.total === 0) return undefined
        meta!._hidden = this.hidden.summary()
        return encodeUtf8(JSON.stringify(meta))
    }

    /** Without the versions that have hidden files only. */
    private newVersions(bytes: Uint8Array): Uint8Array | undefined {
        if (this.hidden.total === 0) return undefined
        const scanner = new JsonScanner(bytes, this.tools, 0, true, true)
        const kept: string[] = []
        let isChanged = false
        if (scanner.next() !== openList) throw new UnreadablePage('its versions are not a list')
        scanner.position++
        for (let isLast = scanner.takes(closeList); !isLast;) {
            if (scanner.next() !== quote) throw new UnreadablePage('a version is not a text')
            const start = scanner.position
            scanner.string()
            const text = scanner.text(start, scanner.position)
            if (this.hidden.isGone(JSON.parse(text) as string)) isChanged = true
            else kept.push(text)
            isLast = scanner.takes(closeList)
            if (!isLast) scanner.expect(comma)
        }
        return isChanged ? encodeUtf8(`[${kept.join(',')}]`) : undefined
    }

    private parsed(name: string, bytes: Uint8Array): unknown {
        if (bytes.length > maxParsedSize) throw new UnreadablePage(`its "${name}" is too long`)
        return JSON.parse(this.tools.text(bytes, 0, bytes.length))
    }
}

const compactUrl = encodeUtf8(urlStart)

const memberNames = ['files', 'meta', 'name', 'project-status', 'versions']
const memberBytes = memberNames.map((name) => encodeUtf8(name))

function knownMember(scanner: JsonScanner, start: number, length: number): string | undefined {
    for (let index = 0; index < memberNames.length; index++) {
        if (scanner.is(start, length, memberBytes[index]!)) return memberNames[index]
    }
    return undefined
}
