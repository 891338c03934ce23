import type { Engine } from '../byte-source.js'
import { decodeUtf8 } from '../utf8.js'
import { inSlices } from './in-slices.js'
import { ofMembers, quoted } from './refusal.js'
import type { ZipMember } from './zip-directory.js'
import { isFolder } from './zip-names.js'

/** Signatures of RECORD, which RECORD itself cannot list. @see "Signed wheel files" */
const signatures = ['RECORD.jws', 'RECORD.p7s']

const linesBetweenPauses = 500
/** Names have up to 1,000 bytes. */
const maxLine = 4096
const lineFeed = new Uint8Array([10])

/**
 * Compares the RECORD of a wheel with its members.
 *
 * @param folder NAME-VERSION.dist-info
 * @returns up to two faults: members that RECORD lacks, and entries without a member
 * @see "Recording installed projects"; warehouse/utils/wheel.py
 */
export async function recordProblems(
    record: Uint8Array,
    members: readonly ZipMember[],
    folder: string,
    engine: Engine,
): Promise<string[]> {
    const exempt = signatures.map((name) => `${folder}/${name}`)
    /** Whether a file is listed, by its path. */
    const listed = new Map<string, boolean>()
    await inSlices(members.length, linesBetweenPauses, engine, (from, to) => {
        for (let position = from; position < to; position++) {
            const member = members[position]!
            const path = recordPathOf(member)
            if (!isFolder(member) && !exempt.includes(path)) listed.set(path, false)
        }
    })
    const vain: string[] = []
    // Each file has one line, which CRLF splits into two. njs frees no memory meanwhile.
    const most = 1000 + 4 * members.length
    for (let start = 0, count = 0; start < record.length;) {
        if (start > 0) await engine.pause()
        const slice = readLines(record, start, listed, vain, engine)
        if (typeof slice === 'string') return [slice]
        start = slice.next
        count += slice.count
        if (count > most) return [`its RECORD has more than ${most} lines`]
    }
    const missing: string[] = []
    await inSlices(members.length, linesBetweenPauses, engine, (from, to) => {
        for (let position = from; position < to; position++) {
            const path = recordPathOf(members[position]!)
            if (listed.get(path) !== false) continue
            listed.set(path, true)
            missing.push(path)
        }
    })
    return [
        ...(missing.length > 0 ? [ofMembers(missing, 'is not in its RECORD', 'are not in its RECORD')] : []),
        ...(vain.length === 0 ? [] : [`its RECORD lists files that are missing (first: ${quoted(vain[0]!)})`]),
    ]
}

function recordPathOf({ name }: ZipMember): string {
    return name.includes('\\') ? name.replaceAll('\\', '/') : name
}

/** Reads a slice of lines, without `await`: see `inSlices`. @returns where the next one begins; a fault */
function readLines(
    record: Uint8Array,
    from: number,
    listed: Map<string, boolean>,
    vain: string[],
    engine: Engine,
): { next: number; count: number } | string {
    let next = from
    let count = 0
    while (count < linesBetweenPauses && next < record.length) {
        const found = engine.indexOf(record, lineFeed, next)
        const end = found < 0 ? record.length : found
        if (end - next > maxLine) return `its RECORD has a line of more than ${maxLine} bytes`
        const text = decodeUtf8(record.subarray(next, end))
        if (text === undefined) return 'its RECORD is not UTF-8'
        const lines = text.includes('\r') ? text.split('\r') : [text]
        lines.forEach((line) => readLine(line, listed, vain))
        count += lines.length
        next = end + 1
    }
    return { next, count }
}

/** Marks the path of a line as listed; adds the first one without a member to `vain`. */
function readLine(line: string, listed: Map<string, boolean>, vain: string[]): void {
    if (line === '') return
    const path = recordedPath(line)
    if (listed.has(path)) listed.set(path, true)
    else if (vain.length === 0) vain.push(path)
}

/** The first field of a line of the CSV; a path on Windows may be written with back-slashes. */
function recordedPath(line: string): string {
    const comma = line.indexOf(',')
    const path = line.charCodeAt(0) === 0x22 ? quotedField(line) : comma < 0 ? line : line.slice(0, comma)
    return path.includes('\\') ? path.replaceAll('\\', '/') : path
}

/** `"a,""b""",…` → `a,"b"` @see RFC 4180 */
function quotedField(line: string): string {
    let end = line.indexOf('"', 1)
    while (end >= 0 && line[end + 1] === '"') end = line.indexOf('"', end + 2)
    return line.slice(1, end < 0 ? line.length : end).replaceAll('""', '"')
}
