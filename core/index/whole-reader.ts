import { backOffTime } from '../back-off.js'
import type { ObjectContent } from './objects.js'

/** Number of identical reads after which an ETag that is not the MD5 of the body is accepted. */
const agreeing = 3
const maxReads = 20

/** What Node.js and nginx do differently. */
export interface WholeReaderPlatform<Bytes extends Uint8Array> {
    /** @returns hex */
    md5(body: Bytes): string
    areEqual(one: Bytes, other: Bytes): boolean
    /** @param milliseconds may be a fraction */
    sleep(milliseconds: number): Promise<unknown>
}

/**
 * Reads small objects and checks that ETag and body belong together. S3 guarantees this; versitygw stores them
 * separately and may return an old page with a new ETag during a replacement. A compare-and-swap based on such a read
 * would overwrite another publisher's change.
 */
export class WholeReader<Bytes extends Uint8Array> {
    /** Whether ETags are the MD5 of the body; false for SSE-KMS and SSE-C. @see Amazon S3 API Reference, "Object" */
    private isMd5 = true

    constructor(private readonly platform: WholeReaderPlatform<Bytes>) {}

    /** @param read repeated while ETag and body contradict each other */
    async read(read: () => Promise<ObjectContent<Bytes> | undefined>): Promise<ObjectContent<Bytes> | undefined> {
        const { areEqual, sleep } = this.platform
        let before: ObjectContent<Bytes> | undefined
        for (let count = 1, same = 1; ; count++) {
            const content = await read()
            if (content === undefined || !this.isMd5 || !this.contradicts(content)) return content
            same = before?.etag === content.etag && areEqual(before.body, content.body) ? same + 1 : 1
            if (same === agreeing) this.isMd5 = false
            if (same === agreeing || count === maxReads) return content
            before = content
            await sleep(backOffTime(count, 50, 500))
        }
    }

    /** Checks only ETags of 32 digits: multipart objects have another form of ETag. */
    private contradicts({ body, etag }: ObjectContent<Bytes>): boolean {
        return /^[0-9a-f]{32}$/.test(etag) && this.platform.md5(body) !== etag
    }
}
