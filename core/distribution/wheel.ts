import type { Engine } from '../byte-source.js'
import { normalizeName } from '../project-name.js'
import { inSlices } from './in-slices.js'
import { maxMetadataSize } from './pkg-info.js'
import { recordProblems } from './record.js'
import { refusal } from './refusal.js'
import { normalizeVersion, sameVersion } from '../version.js'
import { zstd, type ZipArchive } from './zip-archive.js'
import { membersInSimpleLoop, type ZipMember } from './zip-directory.js'

/** The content of a wheel. */
export interface WheelContent {
    /** The METADATA file, unchanged. */
    metadata: Uint8Array
    /** The name of its folder NAME-VERSION.dist-info, without `.dist-info`. */
    distInfo: string
    /** Faults that PyPI rejects, but pip and uv accept. */
    oddities: string[]
    /** The first member compressed with zstd. */
    zstdMember: string | undefined
}

/**
 * Reads the METADATA of a wheel.
 *
 * @param file file name for error messages
 * @throws UserError if pip or uv would not install the wheel
 * @see "Binary distribution format", "The .dist-info directory"
 */
export async function readWheel(
    { members, oddities, read }: ZipArchive,
    engine: Engine,
    maxRecordSize: number,
    file: string,
): Promise<WheelContent> {
    const { distInfo, inside, zstdMember } = await findDistInfo(members, engine, file)
    const member = (name: string): ZipMember => {
        const path = `${distInfo}.dist-info/${name}`
        const found = inside.find((member) => member.name === path)
        if (!found) throw refusal(file, `it has no ${path}`)
        return found
    }
    member('WHEEL')
    const metadata = await read(member('METADATA'), maxMetadataSize)
    const record = await read(member('RECORD'), maxRecordSize)
    const problems = await recordProblems(record, members, `${distInfo}.dist-info`, engine)
    return {
        metadata,
        distInfo,
        oddities: [...oddities, ...problems],
        zstdMember,
    }
}

/** What one pass over the members finds. */
interface Found {
    /** The name of the .dist-info folder, without `.dist-info`. */
    distInfo: string
    /** The members in such a folder. */
    inside: ZipMember[]
    zstdMember: string | undefined
}

/** @throws UserError unless there is one .dist-info folder: pip and uv refuse a wheel with two */
async function findDistInfo(members: readonly ZipMember[], engine: Engine, file: string): Promise<Found> {
    const found = new Set<string>()
    const inside: ZipMember[] = []
    let zstdMember: string | undefined
    await inSlices(members.length, membersInSimpleLoop / 2, engine, (from, to) => {
        for (let position = from; position < to; position++) {
            const member = members[position]!
            if (member.method === zstd) zstdMember ??= member.name
            const distInfo = distInfoOf(member.name)
            if (distInfo === undefined) continue
            found.add(distInfo)
            inside.push(member)
        }
    })
    const [name, other] = found
    if (name === undefined) throw refusal(file, 'it has no NAME-VERSION.dist-info/METADATA')
    if (other !== undefined) throw refusal(file, `it has ${found.size} .dist-info folders, and only one can be right`)
    return { distInfo: name, inside, zstdMember }
}

function distInfoOf(name: string): string | undefined {
    const slash = name.indexOf('/')
    const length = slash - '.dist-info'.length
    return length > 0 && name.slice(length, slash) === '.dist-info' ? name.slice(0, length) : undefined
}

/** Whether a .dist-info folder is named for this project and version. */
export function isDistInfoOf(distInfo: string, project: string, version: string): boolean {
    const hyphen = distInfo.indexOf('-')
    const found = hyphen < 0 ? undefined : normalizeVersion(distInfo.slice(hyphen + 1).replaceAll('_', '-'))
    return found !== undefined && normalizeName(distInfo.slice(0, hyphen)) === project && sameVersion(found, version)
}
