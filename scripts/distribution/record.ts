import { ofMembers } from '../../core/distribution/refusal.js'

/** Signatures of RECORD, which RECORD itself cannot list. @see "Signed wheel files" */
const signatures = ['RECORD.jws', 'RECORD.p7s']

/**
 * Compares the RECORD of a wheel with its members.
 *
 * @param names member names, without folders
 * @param folder NAME-VERSION.dist-info
 * @returns up to two faults: members that RECORD lacks, and entries without a member
 * @see "Recording installed projects"; warehouse/utils/wheel.py
 */
export function recordProblems(record: Buffer, names: readonly string[], folder: string): string[] {
    const text = utf8(record)
    if (text === undefined) return ['its RECORD is not UTF-8']
    const exempt = signatures.map((name) => `${folder}/${name}`)
    const members = new Set(names.filter((name) => !exempt.includes(name)))
    const listed = new Set(recordedPaths(text))
    const missing = [...members].filter((name) => !listed.has(name))
    const vain = [...listed].filter((name) => !members.has(name))
    return [
        ...(missing.length > 0 ? [ofMembers(missing, 'is not in its RECORD', 'are not in its RECORD')] : []),
        ...(vain.length > 0 ? [`its RECORD lists files that are missing (first: ${JSON.stringify(vain[0])})`] : []),
    ]
}

function utf8(bytes: Buffer): string | undefined {
    try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
        return undefined
    }
}

/** The first field of each line of the CSV; a path on Windows may be written with back-slashes. */
function recordedPaths(text: string): string[] {
    return text.split(/\r\n|\r|\n/).flatMap((line) => {
        if (line === '') return []
        const path = line.startsWith('"') ? quotedField(line) : line.replace(/,.*$/s, '')
        return [path.replaceAll('\\', '/')]
    })
}

/** `"a,""b""",…` → `a,"b"` @see RFC 4180 */
function quotedField(line: string): string {
    const [field] = /^"(?:[^"]|"")*/.exec(line)!
    return field.slice(1).replaceAll('""', '"')
}
