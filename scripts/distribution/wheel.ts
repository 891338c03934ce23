import { normalizeName } from '../../core/project-name.js'
import { maxMetadataSize } from './pkg-info.js'
import { recordProblems } from './record.js'
import { refusal } from '../../core/distribution/refusal.js'
import { normalizeVersion, sameVersion } from '../../core/version.js'
import { withZip } from './zip-archive.js'
import { zstd } from './zip-content.js'
import type { ZipMember } from './zip-directory.js'
import { isFolder } from './zip-names.js'

/** RECORD takes up to about 200 bytes per member. Bytes. */
const maxRecordSize = 64 * 1024 * 1024

/** The content of a wheel. */
export interface WheelContent {
    /** The METADATA file, unchanged. */
    metadata: Buffer
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
 * @param path local file
 * @param file file name for error messages
 * @throws UserError if the zip archive is incomplete, or pip or uv would not install the wheel
 * @see "Binary distribution format", "The .dist-info directory"
 */
export async function readWheel(path: string, file: string): Promise<WheelContent> {
    return withZip(path, file, async ({ members, oddities, read }) => {
        const distInfo = distInfoOf(members, file)
        const member = (name: string): ZipMember => {
            const path = `${distInfo}.dist-info/${name}`
            const found = members.find((member) => member.name === path)
            if (!found) throw refusal(file, `it has no ${path}`)
            return found
        }
        member('WHEEL')
        const metadata = await read(member('METADATA'), maxMetadataSize)
        const record = await read(member('RECORD'), maxRecordSize)
        const files = members.filter((member) => !isFolder(member)).map(({ name }) => name.replaceAll('\\', '/'))
        return {
            metadata,
            distInfo,
            oddities: [...oddities, ...recordProblems(record, files, `${distInfo}.dist-info`)],
            zstdMember: members.find(({ method }) => method === zstd)?.name,
        }
    })
}

/** The name of the .dist-info folder, without `.dist-info`. pip and uv refuse a wheel with two. */
function distInfoOf(members: readonly ZipMember[], file: string): string {
    const found = new Set(members.flatMap(({ name }) => /^([^/]+)\.dist-info\//.exec(name)?.[1] ?? []))
    const [name, other] = found
    if (name === undefined) throw refusal(file, 'it has no NAME-VERSION.dist-info/METADATA')
    if (other !== undefined) throw refusal(file, `it has ${found.size} .dist-info folders, and only one can be right`)
    return name
}

/** Whether a .dist-info folder is named for this project and version. */
export function isDistInfoOf(distInfo: string, project: string, version: string): boolean {
    const hyphen = distInfo.indexOf('-')
    const found = hyphen < 0 ? undefined : normalizeVersion(distInfo.slice(hyphen + 1).replaceAll('_', '-'))
    return found !== undefined && normalizeName(distInfo.slice(0, hyphen)) === project && sameVersion(found, version)
}
