import type { Engine } from '../byte-source.js'
import { decodeUtf8 } from '../utf8.js'
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
    for (let position = 0; position < members.length; position++) {
        const member = members[position]!
        const path = member.name.includes('\\') ? member.name.replaceAll('\\', '/') : member.name
        if (!isFolder(member) && !exempt.includes(path)) listed.set(path, false)
        if (position % linesBetweenPauses === linesBetweenPauses - 1) await engine.pause()
    }
    const vain: string[] = []
    // Each file has one line, which CRLF splits into two. njs frees no memory meanwhile.
    const maxLines = 1000 + 4 * members.length
    for (let start = 0, count = 0, pauses = 0; start < record.length;) {
        const found = engine.indexOf(record, lineFeed, start)
        const end = found < 0 ? record.length : found
        if (end - start > maxLine) return [`its RECORD has a line of more than ${maxLine} bytes`]
        const text = decodeUtf8(record.subarray(start, end))
        if (text === undefined) return ['its RECORD is not UTF-8']
        const lines = text.includes('\r') ? text.split('\r') : [text]
        count += lines.length
        if (count > maxLines) return [`its RECORD has more than ${maxLines} lines`]
        lines.forEach((line) => readLine(line, listed, vain))
        start = end + 1
        if (count > (pauses + 1) * linesBetweenPauses) {
            pauses++
            await engine.pause()
        }
    }
    const missing: string[] = []
    listed.forEach((isListed, path) => {
        if (!isListed) missing.push(path)
    })
    return [
        ...(missing.length > 0 ? [ofMembers(missing, 'is not in its RECORD', 'are not in its RECORD')] : []),
        ...(vain.length === 0 ? [] : [`its RECORD lists files that are missing (first: ${quoted(vain[0]!)})`]),
    ]
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
