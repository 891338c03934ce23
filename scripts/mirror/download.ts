import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { formatSize } from '../../core/format-size.js'
import { UserError } from '../../core/user-error.js'
import { Hasher } from './digests.js'
import type { PlannedCopy } from './plan.js'
import type { SourceClient } from './source-client.js'
import { shownUrl, SourceProblem } from './source-problem.js'

/** Of a file whose size the source does not tell. Bytes. */
const maxUnsized = 32 * 1024 ** 3

/** A file that has been downloaded and has the expected digests. */
export interface Downloaded {
    path: string
    /** Bytes. */
    size: number
    /** Hex. */
    sha256: string
    lastModified: Date | undefined
}

/**
 * Downloads a file and verifies it.
 *
 * @param onProgress called with the bytes received so far
 * @throws SourceProblem unless all its bytes come and have the expected digests; UserError if the disk is full
 */
export async function download(
    client: SourceClient,
    { file, expected }: PlannedCopy,
    path: string,
    onProgress: (bytes: number) => void,
): Promise<Downloaded> {
    return client.stream(file.url, async ({ size: announced, lastModified, body }) => {
        const size = file.size ?? announced
        if (announced !== undefined && size !== announced) throw wrongSize(announced, size!)
        const hasher = new Hasher(expected)
        let received = 0
        const verifying = async function* (chunks: AsyncIterable<Buffer>) {
            for await (const chunk of chunks) {
                received += chunk.length
                if (received > (size ?? maxUnsized)) throw wrongSize(received, size ?? maxUnsized)
                hasher.update(chunk)
                onProgress(received)
                yield chunk
            }
        }
        try {
            await pipeline(body, verifying, createWriteStream(path))
        } catch (error) {
            throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? diskFull() : error
        }
        // Without Content-Length, the end of the connection ends the file.
        if (size !== undefined && received < size) throw wrongSize(received, size)
        const { sha256, mismatch } = hasher.finish()
        if (mismatch !== undefined) {
            throw new SourceProblem(
                `${file.filename}: ${mismatch}`,
                `${shownUrl(file.url)} has changed, or was damaged on its way. The file is not copied.`,
            )
        }
        return { path, size: received, sha256, lastModified }
    })

    function wrongSize(found: number, size: number): SourceProblem {
        const what = found > size ? `more than ${formatSize(size)}` : `${found} of ${size} bytes`
        return new SourceProblem(
            `${file.filename}: ${shownUrl(file.url)} sends ${what}`,
            'The file is not copied. Run the same command again, or ask the operator of the source.',
        )
    }
}

function diskFull(): UserError {
    return new UserError(
        'the disk of the temporary folder is full',
        'Set TMPDIR to a folder with room for the largest files, or lower --jobs. Then run the same command again.',
    )
}
