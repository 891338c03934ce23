import { md5Of } from './digests.js'
import type { ObjectContent } from './objects.js'
import { backOff } from './retry.js'

/** Reads that agree before an ETag that is not the body's MD5 is believed. */
const agreeing = 3
const maxReads = 20

/**
 * Reads small objects whose ETag belongs to their body. S3 sees to that; a server that keeps both apart (versitygw) may
 * give an old page with a new ETag while the page is replaced. Who writes what it made of that page, on the condition
 * that the ETag is still the same, overwrites what another publisher has just put into the page.
 */
export class WholeReader {
    /** Whether ETags here are the MD5 of the body: not with SSE-KMS and SSE-C. @see Amazon S3 API Reference, "Object" */
    #isMd5 = true

    /** @param read is repeated while what it read contradicts itself */
    async read(read: () => Promise<ObjectContent | undefined>): Promise<ObjectContent | undefined> {
        let before: ObjectContent | undefined
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

    /** Only 32 digits can be an MD5: an object of several parts has another kind of ETag. */
    #contradicts({ body, etag }: ObjectContent): boolean {
        return /^[0-9a-f]{32}$/.test(etag) && md5Of(body) !== etag
    }
}
