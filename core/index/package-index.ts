import { UserError } from '../user-error.js'
import type { IndexBucket, ObjectHeaders } from './objects.js'
import type { IndexPlatform } from './platform.js'

/** Matches no object: no known content has this MD5, and the ETag of a multipart upload has another form. */
const impossibleEtag = '0'.repeat(32)

const probeHeaders: ObjectHeaders = { cacheControl: 'no-cache', contentType: 'application/octet-stream' }

/** The result of writing a page: undefined if another publisher changed it first and nothing was written. */
export type Replaced = { etag: string; certain: boolean } | undefined

/**
 * The index in a bucket, and whether its S3 server supports conditional writes.
 *
 * AWS does. Other servers are probed once per process with a write whose condition cannot hold. A server that answers
 * "not implemented" (Swift) or writes anyway cannot be used for compare-and-swap.
 */
export class PackageIndex<Bucket extends IndexBucket = IndexBucket> {
    private isConditional: boolean | undefined
    /** Whether pages must not be written without a condition. */
    private isRequired = false

    /** @param warn called at most once, if the server lacks conditional writes */
    constructor(
        readonly bucket: Bucket,
        readonly platform: IndexPlatform,
        private readonly warn: (message: string) => void = () => {},
    ) {}

    /** False only if the server is known to lack conditional writes. */
    get conditionalWrites(): boolean {
        return this.isConditional !== false
    }

    /**
     * Makes sure that no page is written without a condition, before anything is written.
     *
     * @param probeKey a key that no object has
     * @throws UserError if the server lacks conditional writes
     */
    async requireConditionalWrites(probeKey: string): Promise<void> {
        this.isRequired = true
        if (this.bucket.isAws) this.isConditional = true
        if (this.isConditional === undefined) {
            const probe = await this.bucket.put(probeKey, new Uint8Array(0), probeHeaders, { etag: impossibleEtag })
            // The server ignores conditions.
            if (probe.outcome === 'written') await this.bucket.delete([probeKey])
            this.isConditional = probe.outcome === 'refused'
        }
        if (!this.isConditional) throw withoutConditions()
    }

    /** The same, after a probe by another request of the same upload. */
    assumeConditionalWrites(): void {
        this.isRequired = true
        this.isConditional = true
    }

    /**
     * Replaces the page that was read, or creates it.
     *
     * @param expected the ETag of the page that was read; undefined if it did not exist
     * @returns `certain` is false if the write may have overwritten another publisher's: read the page again
     * @throws UserError after `requireConditionalWrites`, if the server lacks the condition of this write
     */
    async replace(
        key: string,
        body: Uint8Array,
        headers: ObjectHeaders,
        expected: string | undefined,
    ): Promise<Replaced> {
        if (this.isConditional === undefined && this.bucket.isAws) this.isConditional = true
        if (this.isConditional === undefined) {
            const probe = await this.bucket.put(key, body, headers, { etag: impossibleEtag })
            if (probe.outcome === 'refused') this.isConditional = true
            else this.withoutConditionalWrites()
            if (probe.outcome === 'written') return { etag: probe.etag, certain: false }
        }
        if (!this.conditionalWrites) return { etag: await this.bucket.write(key, body, headers), certain: false }
        const condition = expected === undefined ? 'absent' : { etag: expected }
        const result = await this.bucket.put(key, body, headers, condition)
        if (result.outcome === 'refused') return undefined
        if (result.outcome === 'written') return { etag: result.etag, certain: true }
        if (this.isRequired) throw withoutConditions()
        this.withoutConditionalWrites()
        return { etag: await this.bucket.write(key, body, headers), certain: false }
    }

    /** Records that the server lacks conditional writes, and warns once. */
    withoutConditionalWrites(): void {
        if (this.isConditional === false) return
        this.isConditional = false
        this.warn('this S3 server has no conditional writes: pages are written, then compared with the bucket')
    }
}

/** The refusal of an upload. */
export function withoutConditions(): UserError {
    return new UserError(
        'the S3 server of this index has no conditional writes, so uploads at the same time could be lost',
        'Publish with publish-package, which compares the pages with the bucket.',
    )
}
