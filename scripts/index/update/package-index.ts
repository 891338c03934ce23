import type { Bucket } from '../../s3/bucket.js'
import type { ObjectHeaders } from '../../s3/objects.js'

/** No object has it: no MD5 of anything known, nor of a multipart upload. */
const impossibleEtag = '0'.repeat(32)

/** What became of a write to a page: undefined when another publisher was faster and nothing was written. */
export type Replaced = { etag: string; certain: boolean } | undefined

/**
 * The index in a bucket, and whether its S3 server can write on a condition.
 *
 * AWS can. Others are asked once in a process by a write that must fail: a server that refuses it with "not implemented"
 * (Swift) or that does it all the same must not be trusted with a compare-and-swap.
 */
export class PackageIndex {
    #conditionalWrites: boolean | undefined

    /** @param warn called at most once, with a sentence about the server */
    constructor(
        readonly bucket: Bucket,
        private readonly warn: (message: string) => void = () => {},
    ) {}

    /** False only when the server is known to have no conditional writes. */
    get conditionalWrites(): boolean {
        return this.#conditionalWrites !== false
    }

    /**
     * Writes a page over the one that was read, or where there was none.
     *
     * @param expected the ETag of what was read, undefined for nothing
     * @returns `certain` is false when the write may have undone another's: read the page again
     */
    async replace(key: string, body: Buffer, headers: ObjectHeaders, expected: string | undefined): Promise<Replaced> {
        if (this.#conditionalWrites === undefined && this.bucket.isAws) this.#conditionalWrites = true
        if (this.#conditionalWrites === undefined) {
            const probe = await this.bucket.put(key, body, headers, { etag: impossibleEtag })
            if (probe.outcome === 'refused') this.#conditionalWrites = true
            else this.withoutConditionalWrites()
            if (probe.outcome === 'written') return { etag: probe.etag, certain: false }
        }
        if (!this.conditionalWrites) return { etag: await this.bucket.write(key, body, headers), certain: false }
        const condition = expected === undefined ? 'absent' : { etag: expected }
        const result = await this.bucket.put(key, body, headers, condition)
        if (result.outcome === 'refused') return undefined
        if (result.outcome === 'written') return { etag: result.etag, certain: true }
        this.withoutConditionalWrites()
        return { etag: await this.bucket.write(key, body, headers), certain: false }
    }

    /** Remembers, and says once, that the server has no conditional writes. */
    withoutConditionalWrites(): void {
        if (this.#conditionalWrites === false) return
        this.#conditionalWrites = false
        this.warn('this S3 server has no conditional writes: pages are written, then compared with the bucket')
    }
}
