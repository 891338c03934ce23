import { readBytes, type ByteSource, type Engine } from '../byte-source.js'
import { crc32 } from '../distribution/crc32.js'
import {
    sdistMetadata,
    wheelMetadata,
    zippedSdistContent,
    type ReadMetadata,
} from '../distribution/distribution-metadata.js'
import { inflateRaw } from '../distribution/inflate.js'
import { refusal, unusualRefusal } from '../distribution/refusal.js'
import { openZip, zstd, type ZipEngine } from '../distribution/zip-archive.js'
import { normalizeName } from '../project-name.js'
import type { UploadClaim } from './claim.js'

/** A file that may be published. */
export interface CheckedUpload {
    requiresPython: string | undefined
    /** The METADATA of a wheel, to be stored as FILE.metadata. */
    metadata: Uint8Array | undefined
}

/** Bounds of archives in njs, which frees no memory during a request. Larger wheels are for publish-package. */
const limits = { members: 20_000, directorySize: 8 * 1024 * 1024 }
const maxRecordSize = 8 * 1024 * 1024

/**
 * Checks the file of an upload as `publish-package` does, as far as nginx can.
 *
 * Wheels and zipped sdists: the records of the archive, the names of its members, METADATA and RECORD, and that they
 * match the name. Not checked: the content of the other members. njs cannot unpack a .tar.gz in slices: of such an
 * sdist the name, the version and Requires-Python of the form are believed, after the name of the file has matched.
 *
 * @param file the bytes of the file, whose digests the caller compares
 * @throws UserError unless both pip and uv would install the file
 */
export async function checkUpload(claim: UploadClaim, file: ByteSource, engine: Engine): Promise<CheckedUpload> {
    const { filename, project } = claim
    if (/\.tar\.gz$/.test(filename)) {
        checkGzip(file, engine, filename)
        return { requiresPython: claim.requiresPython, metadata: undefined }
    }
    const { core, metadata, oddities } = await readArchive(claim, file, engine)
    if (normalizeName(core.name) !== project) {
        throw refusal(filename, `its metadata is that of ${core.name}, the upload that of ${project}`)
    }
    if (oddities.length > 0) throw unusualRefusal(filename, oddities)
    return { requiresPython: core.requiresPython, metadata }
}

async function readArchive({ filename, kind }: UploadClaim, file: ByteSource, engine: Engine): Promise<ReadMetadata> {
    const archive = await openZip(file, zipEngine(engine), filename)
    if (kind === 'wheel') return wheelMetadata(archive, engine, maxRecordSize, filename)
    return sdistMetadata(await zippedSdistContent(archive, filename), engine, filename)
}

function zipEngine(engine: Engine): ZipEngine {
    return {
        ...engine,
        limits,
        async unpack(stored, { method, size }, broken) {
            if (method === 0) return stored
            if (method === zstd) throw broken('is compressed with zstd; publish this wheel with publish-package')
            return inflateRaw(stored, size, engine, broken)
        },
        crc32: (bytes) => crc32(bytes, engine),
    }
}

/** @see RFC 1952, 2.3; the size of the smallest header and trailer */
function checkGzip(file: ByteSource, engine: Engine, filename: string): void {
    const start = file.size < 20 ? new Uint8Array(3) : readBytes(file, engine, 0, 3)
    if (start[0] !== 0x1f || start[1] !== 0x8b || start[2] !== 8) {
        throw refusal(filename, 'it is not a whole .tar.gz archive: it is not gzip')
    }
}
