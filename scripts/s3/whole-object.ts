import { md5Of } from './digests.js'
import type { ObjectContent } from '../../core/index/objects.js'
import { backOff } from './retry.js'

/** Number of identical reads after which an ETag that is not the MD5 of the body is accepted. */
const agreeing = 3
const maxReads = 20

/**
 * Reads small objects and checks that ETag and body belong together. S3 guarantees this; versitygw stores them
 * separately and may return an old page with a new ETag during a replacement. A compare-and-swap based on such a read
 * would overwrite another publisher's change.
 */
export class WholeReader {
    /** Whether ETags are the MD5 of the body; false for SSE-KMS and SSE-C. @see Amazon S3 API Reference, "Object" */
    #isMd5 = true

    /** @param read repeated while ETag and body contradict each other */
    async read(read: () => Promise<ObjectContent<Buffer> | undefined>): Promise<ObjectContent<Buffer> | undefined> {
        let before: ObjectContent<Buffer> | undefined
        for (let count = 1, same = 1; ; count++) {
            const content = await read()
            if (content === undefined || !this.#isMd5 || !this.#contradicts(content)) return content
            same = before?.etag === content.etag && before.body.equals(content.body) ? same + 1 : 1
            if (same === agreeing) this.#isMd5 = false
            if (same === agreeing || count === maxReads) return content
            before = content
            await backOff(count, 50, 500)
        }
    }

    /** Checks only ETags of 32 digits: multipart objects have another form of ETag. */
    #contradicts({ body, etag }: ObjectContent<Buffer>): boolean {
        return /^[0-9a-f]{32}$/.test(etag) && md5Of(body) !== etag
    }
}
