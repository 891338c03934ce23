import type { Engine } from '../byte-source.js'
import { decodeUtf8 } from '../utf8.js'
import { ofMembers, quoted } from './refusal.js'
import type { ZipMember } from './zip-directory.js'
import { isFolder } from './zip-names.js'

/** Signatures of RECORD, which RECORD itself cannot list. @see "Signed wheel files" */
const signatures = ['RECORD.jws', 'RECORD.p7s']

const linesBetweenPauses = 500
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
    for (const member of members) {
        const path = member.name.includes('\\') ? member.name.replaceAll('\\', '/') : member.name
        if (!isFolder(member) && !exempt.includes(path)) listed.set(path, false)
    }
    let vain: string | undefined
    for (let start = 0, count = 1; start < record.length; count++) {
        const end = engine.indexOf(record, lineFeed, start)
        const text = decodeUtf8(record.subarray(start, end < 0 ? record.length : end))
        if (text === undefined) return ['its RECORD is not UTF-8']
        for (const line of text.split('\r')) {
            if (line === '') continue
            const path = recordedPath(line)
            if (listed.has(path)) listed.set(path, true)
            else vain ??= path
        }
        if (end < 0) break
        start = end + 1
        if (count % linesBetweenPauses === 0) await engine.pause()
    }
    const missing = [...listed].filter(([, isListed]) => !isListed).map(([path]) => path)
    return [
        ...(missing.length > 0 ? [ofMembers(missing, 'is not in its RECORD', 'are not in its RECORD')] : []),
        ...(vain === undefined ? [] : [`its RECORD lists files that are missing (first: ${quoted(vain)})`]),
    ]
}

/** The first field of a line of the CSV; a path on Windows may be written with back-slashes. */
function recordedPath(line: string): string {
    const comma = line.indexOf(',')
    const path = line[0] === '"' ? quotedField(line) : comma < 0 ? line : line.slice(0, comma)
    return path.includes('\\') ? path.replaceAll('\\', '/') : path
}

/** `"a,""b""",…` → `a,"b"` @see RFC 4180 */
function quotedField(line: string): string {
    const [field] = /^"(?:[^"]|"")*/.exec(line)!
    return field.slice(1).replaceAll('""', '"')
}
