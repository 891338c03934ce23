import { buffer } from 'node:stream/consumers'
import { openPromise, type Entry, type ZipFile } from 'yauzl'
import { normalizeName } from '../../njs/project-name.js'
import { refusal } from './core-metadata.js'
import { normalizeVersion, sameVersion } from './version.js'

/** More than any real METADATA or PKG-INFO: a README of 1 MB is rare. Bytes. */
export const maxMetadataSize = 8 * 1024 * 1024

/** What a wheel holds. */
export interface WheelContent {
    /** The METADATA file, as it is. */
    metadata: Buffer
    /** The folder it lies in: NAME-VERSION.dist-info, without `.dist-info`. */
    distInfo: string
}

/**
 * Reads the METADATA of a wheel.
 *
 * @param path of a local file
 * @param file its name, for the message
 * @throws UserError for what is no whole zip archive, or no wheel that pip would install
 * @see "Binary distribution format", "The .dist-info directory"
 */
export async function readWheel(path: string, file: string): Promise<WheelContent> {
    return withZip(path, file, async (zip, entries) => {
        const found = entries.filter((entry) => /^[^/]+\.dist-info\/METADATA$/.test(entry.fileName))
        const [entry] = found
        if (!entry) throw refusal(file, 'it has no NAME-VERSION.dist-info/METADATA')
        if (found.length > 1) throw refusal(file, `it has ${found.length} METADATA files, and only one can be right`)
        const distInfo = entry.fileName.slice(0, -'.dist-info/METADATA'.length)
        if (!entries.some(({ fileName }) => fileName === `${distInfo}.dist-info/WHEEL`)) {
            throw refusal(file, `it has no ${distInfo}.dist-info/WHEEL`)
        }
        return { metadata: await readEntry(zip, entry, file), distInfo }
    })
}

/** Whether a wheel's .dist-info folder is called after this project and version. */
export function isDistInfoOf(distInfo: string, project: string, version: string): boolean {
    const hyphen = distInfo.indexOf('-')
    const found = hyphen < 0 ? undefined : normalizeVersion(distInfo.slice(hyphen + 1).replaceAll('_', '-'))
    return found !== undefined && normalizeName(distInfo.slice(0, hyphen)) === project && sameVersion(found, version)
}

/** Reads the PKG-INFO of an sdist that is a zip archive, as old ones are. Throws as `readWheel` does. */
export async function readZippedSdist(path: string, file: string): Promise<Buffer> {
    return withZip(path, file, async (zip, entries) => {
        const found = entries.filter((entry) => /^[^/]+\/PKG-INFO$/.test(entry.fileName))
        if (found.length !== 1) throw refusal(file, `it has ${found.length} NAME-VERSION/PKG-INFO, not one`)
        return readEntry(zip, found[0]!, file)
    })
}

/** Lists the members, whose names yauzl has checked: none is absolute or has `..` or a back-slash in it. */
async function withZip<Result>(
    path: string,
    file: string,
    read: (zip: ZipFile, entries: Entry[]) => Promise<Result>,
): Promise<Result> {
    try {
        const zip = await openPromise(path, { autoClose: false, strictFileNames: true })
        try {
            const entries: Entry[] = []
            for await (const entry of zip.eachEntry()) entries.push(entry)
            return await read(zip, entries)
        } finally {
            zip.close()
        }
    } catch (error) {
        if (isArchiveError(error)) throw refusal(file, `it is not a whole zip archive (${error.message})`)
        throw error
    }
}

async function readEntry(zip: ZipFile, entry: Entry, file: string): Promise<Buffer> {
    // The size is only claimed here, but yauzl stops a stream that grows over it.
    if (entry.uncompressedSize > maxMetadataSize) {
        throw refusal(file, `${entry.fileName} has ${entry.uncompressedSize} bytes, which no metadata has`)
    }
    return buffer(await zip.openReadStreamPromise(entry))
}

/** yauzl throws plain errors, zlib those whose code begins with Z_; a failing disk has another code. */
function isArchiveError(error: unknown): error is Error {
    if (!(error instanceof Error) || error.name !== 'Error') return false
    const { code } = error as NodeJS.ErrnoException
    return code === undefined || code.startsWith('Z_')
}
