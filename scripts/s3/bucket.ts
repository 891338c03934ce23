import {
    CreateBucketCommand,
    DeleteObjectCommand,
    DeleteObjectsCommand,
    GetObjectCommand,
    HeadObjectCommand,
    ListObjectsV2Command,
    PutObjectCommand,
    type GetObjectCommandOutput,
    type PutObjectCommandInput,
    type S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../../core/user-error.js'
import { isAccessPointAlias, parseBucketName } from '../option-values/bucket-name.js'
import { parseKeyPrefix } from '../option-values/key-prefix.js'
import { bareEtag, decodeListedKey, absent, isNamed, isRefused, putResult } from './answers.js'
import type { BucketOptions } from './bucket-options.js'
import { Connection } from './connection.js'
import { md5Of } from './digests.js'
import { IfMatchForm } from './if-match-quotes.js'
import type {
    Condition,
    ListedObject,
    ObjectContent,
    ObjectHead,
    ObjectHeaders,
    PutResult,
} from '../../core/index/objects.js'
import { mapParallel } from '../../core/parallel.js'
import { WholeReader } from '../../core/index/whole-reader.js'
import type { OpenUpload } from '../../core/upload/open-upload.js'
import { abortOpenUpload, listOpenUploads } from './open-uploads.js'
import { retryConflict, retryCut } from './retry.js'

/** Part size of multipart uploads: at most 10,000 parts, so 156 GiB in all. @see Amazon S3 User Guide, "Quotas" */
const partSize = 16 * 1024 * 1024

/** Concurrent deletes on servers that need one request per object. */
const parallelDeletes = 16

/** Opens the index in a bucket; sends nothing yet. @throws UsageError for invalid options */
export function openBucket(options: BucketOptions): Bucket {
    return new Bucket(options)
}

/** One index in a bucket. Keys are relative to its prefix. All failures are UserErrors with a cure. */
export class Bucket {
    readonly name: string
    readonly prefix: string
    readonly #connection: Connection
    readonly #client: S3Client
    readonly #whole = new WholeReader<Buffer>({ md5: md5Of, areEqual: (one, other) => one.equals(other), sleep })
    readonly #ifMatch = new IfMatchForm()
    #deletesSingly = false

    constructor(options: BucketOptions) {
        this.name = parseBucketName(options.bucket)
        this.prefix = parseKeyPrefix(options.prefix ?? '')
        this.#connection = new Connection(options)
        this.#client = this.#connection.client
    }

    /** Number of requests sent so far, including retries. */
    get requests(): number {
        return this.#connection.requests
    }

    /** Whether the last request went to AWS itself. */
    get isAws(): boolean {
        return this.#connection.isAws
    }

    /** Whether the bucket exists. @throws UserError for all other failures, such as denied access */
    async exists(): Promise<boolean> {
        return this.#connection.run(undefined, async () => {
            try {
                await this.#client.send(new ListObjectsV2Command({ Bucket: this.name, MaxKeys: 1 }))
                return true
            } catch (error) {
                if (isNamed(error, 'NoSuchBucket')) return false
                throw error
            }
        })
    }

    /** @throws UserError unless the bucket exists and the credentials may list it */
    async check(): Promise<void> {
        await this.#connection.run(undefined, () =>
            this.#client.send(new ListObjectsV2Command({ Bucket: this.name, MaxKeys: 1 })),
        )
    }

    /** Creates the bucket; succeeds if we already own it. */
    async create(): Promise<void> {
        if (isAccessPointAlias(this.name)) {
            throw new UserError(
                `${this.name} is the alias of an access point that does not exist`,
                'Create the bucket and the access point first: aws s3control create-access-point',
            )
        }
        await this.#connection.run(undefined, async () => {
            const region = await this.#client.config.region()
            // Only AWS has these region names, and it rejects us-east-1 as a LocationConstraint.
            const here = this.#connection.endpointUrl !== undefined || region === 'us-east-1'
            const location = { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } }
            try {
                await this.#client.send(new CreateBucketCommand({ Bucket: this.name, ...(here ? {} : location) }))
            } catch (error) {
                if (!isNamed(error, 'BucketAlreadyOwnedByYou')) throw error
            }
        })
    }

    /** Creates the bucket if it does not exist. */
    async ensureExists(): Promise<void> {
        if (!(await this.exists())) await this.create()
    }

    /** Reads a small object; undefined only if S3 answers "no such key". */
    async get(key: string): Promise<ObjectContent<Buffer> | undefined> {
        return this.#whole.read(() =>
            this.#read(key, async (answer) => {
                const body = Buffer.from(await answer.Body!.transformToByteArray())
                return {
                    body,
                    etag: bareEtag(answer.ETag),
                    contentEncoding: answer.ContentEncoding,
                    metadata: answer.Metadata ?? {},
                }
            }),
        )
    }

    /** Reads the first bytes of an object; undefined if it does not exist. @param length at most so many bytes */
    async getStart(key: string, length: number): Promise<Buffer | undefined> {
        return this.#connection.run(key, async () => {
            const input = { ...this.#at(key), Range: `bytes=0-${length - 1}` }
            const send = () => absent(this.#client.send(new GetObjectCommand(input)))
            try {
                return await retryCut(send, async ({ Body }) => Buffer.from(await Body!.transformToByteArray()))
            } catch (error) {
                // An empty object has no range.
                if (isNamed(error, 'InvalidRange')) return Buffer.alloc(0)
                throw error
            }
        })
    }

    /** Reads the size, ETag and metadata of an object; undefined if it does not exist. */
    async head(key: string): Promise<ObjectHead | undefined> {
        return this.#connection.run(key, async () => {
            // HEAD responses have no body, so the SDK derives the error name from the status.
            const answer = await absent(this.#client.send(new HeadObjectCommand(this.#at(key))), 'NotFound')
            return (
                answer && {
                    key,
                    size: answer.ContentLength ?? 0,
                    etag: bareEtag(answer.ETag),
                    lastModified: answer.LastModified ?? new Date(0),
                    metadata: answer.Metadata ?? {},
                    contentEncoding: answer.ContentEncoding,
                }
            )
        })
    }

    /** Downloads an object to a local file in constant memory. @returns hex; undefined if it does not exist */
    async download(key: string, path: string): Promise<{ sha256: string } | undefined> {
        return this.#read(key, async (answer) => {
            const hash = createHash('sha256')
            const hashing = async function* (chunks: AsyncIterable<Buffer>) {
                for await (const chunk of chunks) {
                    hash.update(chunk)
                    yield chunk
                }
            }
            await pipeline(answer.Body as Readable, hashing, createWriteStream(path))
            return { sha256: hash.digest('hex') }
        })
    }

    /** Writes a small object if a condition holds. */
    async put(key: string, body: Buffer, headers: ObjectHeaders, condition: Condition): Promise<PutResult> {
        return this.#connection.run(key, async () => {
            const input = { ...this.#at(key), ...objectHeaders(headers), Body: body }
            const result =
                condition === 'absent'
                    ? await this.#put({ ...input, IfNoneMatch: '*' })
                    : await this.#ifMatch.send(key, condition.etag, (IfMatch) => this.#put({ ...input, IfMatch }))
            if (result.outcome !== 'written') return result
            return { ...result, etag: await this.#storedEtag(key, result.etag, body) }
        })
    }

    /** Writes a small object unconditionally. @returns its ETag */
    async write(key: string, body: Buffer, headers: ObjectHeaders): Promise<string> {
        const input = { ...this.#at(key), ...objectHeaders(headers), Body: body }
        const answer = await this.#connection.run(key, () =>
            retryConflict(() => this.#client.send(new PutObjectCommand(input))),
        )
        return this.#storedEtag(key, bareEtag(answer.ETag), body)
    }

    /** Writes an object of any size in constant memory by multipart upload, which is atomic. */
    async putStream(
        key: string,
        body: AsyncIterable<Buffer>,
        headers: ObjectHeaders,
        onlyIfAbsent: boolean,
        onProgress: (bytes: number) => void,
    ): Promise<PutResult> {
        return this.#connection.run(key, async () => {
            const IfNoneMatch = onlyIfAbsent ? { IfNoneMatch: '*' } : {}
            const params = { ...this.#at(key), ...objectHeaders(headers), ...IfNoneMatch, Body: Readable.from(body) }
            const upload = new Upload({ client: this.#client, params, partSize, queueSize: 4 })
            upload.on('httpUploadProgress', (progress) => onProgress(progress.loaded ?? 0))
            const result = await putResult(upload.done())
            if (result.outcome !== 'written') return result
            return { ...result, etag: await this.#storedEtag(key, result.etag) }
        })
    }

    /** Lists all objects whose key starts with `start`, sorted by UTF-8 bytes, in pages of 1,000. */
    async *list(start = ''): AsyncGenerator<ListedObject> {
        for await (const page of this.#pages({ Prefix: this.prefix + start })) {
            for (const object of page.Contents ?? []) {
                yield {
                    key: decodeListedKey(object.Key!, page.EncodingType).slice(this.prefix.length),
                    size: object.Size ?? 0,
                    etag: bareEtag(object.ETag),
                    lastModified: object.LastModified ?? new Date(0),
                }
            }
        }
    }

    /** The names of the top-level folders of the index, without a trailing slash. */
    async folders(): Promise<string[]> {
        const names: string[] = []
        for await (const page of this.#pages({ Prefix: this.prefix, Delimiter: '/' })) {
            for (const { Prefix } of page.CommonPrefixes ?? []) {
                names.push(decodeListedKey(Prefix!, page.EncodingType).slice(this.prefix.length, -1))
            }
        }
        return names
    }

    /** Deletes objects; succeeds for missing ones. @throws UserError that lists the objects that remain */
    async delete(keys: readonly string[]): Promise<void> {
        for (let start = 0; start < keys.length; start += 1000) {
            const some = keys.slice(start, start + 1000)
            const left = this.#deletesSingly ? await this.#deleteSingly(some) : await this.#deleteTogether(some)
            if (left.length > 0)
                throw new UserError(left.join('\n'), 'The others were deleted: run the same command again.')
        }
    }

    async #deleteTogether(keys: readonly string[]): Promise<string[]> {
        return this.#connection.run(undefined, async () => {
            const Objects = keys.map((key) => ({ Key: this.prefix + key }))
            try {
                const input = { Bucket: this.name, Delete: { Objects, Quiet: true } }
                const { Errors = [] } = await this.#client.send(new DeleteObjectsCommand(input))
                return Errors.map(({ Key, Code, Message }) => `${Key} was not deleted: ${Code} ${Message}`)
            } catch (error) {
                // s3proxy rejects the checksum of this request, GCS the request itself: delete one by one.
                if (!isRefused(error)) throw error
                const left = await this.#deleteSingly(keys)
                this.#deletesSingly = true
                return left
            }
        })
    }

    async #deleteSingly(keys: readonly string[]): Promise<string[]> {
        await mapParallel(keys, parallelDeletes, (key) =>
            this.#connection.run(key, () =>
                absent(this.#client.send(new DeleteObjectCommand(this.#at(key))) as Promise<unknown>),
            ),
        )
        return []
    }

    /**
     * The open multipart uploads of the index that are wanted.
     *
     * @returns undefined if S3 denies the listing, or does not support it
     */
    async openUploads(isWanted: (upload: OpenUpload) => boolean): Promise<OpenUpload[] | undefined> {
        return this.#connection.run(undefined, () => listOpenUploads(this.#client, this, isWanted))
    }

    /** Aborts a multipart upload, which deletes its parts; succeeds if it has ended meanwhile. */
    async abortUpload(upload: OpenUpload): Promise<void> {
        await this.#connection.run(upload.key, () => abortOpenUpload(this.#client, this, upload))
    }

    /**
     * The ETag of a new object as listings and HEAD show it. Some servers answer a write without an ETag or with a
     * different one: Ceph 16 and s3proxy at the end of a multipart upload.
     *
     * @param written the ETag in the response to the write
     * @param body the content, if written in one request
     */
    async #storedEtag(key: string, written: string, body?: Buffer): Promise<string> {
        if (written !== '' && body !== undefined && written === md5Of(body)) return written
        return (await this.head(key))?.etag ?? written
    }

    async *#pages(input: { Prefix: string; Delimiter?: string }) {
        let ContinuationToken: string | undefined
        do {
            const request = { Bucket: this.name, EncodingType: 'url' as const, ContinuationToken, ...input }
            const page = await this.#connection.run(undefined, () =>
                this.#client.send(new ListObjectsV2Command(request)),
            )
            yield page
            ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined
        } while (ContinuationToken !== undefined)
    }

    #read<Result>(key: string, read: (answer: GetObjectCommandOutput) => Promise<Result>): Promise<Result | undefined> {
        const send = () => absent(this.#client.send(new GetObjectCommand(this.#at(key))))
        return this.#connection.run(key, () => retryCut(send, read))
    }

    #at(key: string): { Bucket: string; Key: string } {
        return { Bucket: this.name, Key: this.prefix + key }
    }

    #put(input: PutObjectCommandInput): Promise<PutResult> {
        return putResult(this.#client.send(new PutObjectCommand(input)))
    }
}

function objectHeaders(headers: ObjectHeaders) {
    const { contentType, cacheControl, contentEncoding, metadata } = headers
    return {
        ContentType: contentType,
        CacheControl: cacheControl,
        ...(contentEncoding && { ContentEncoding: contentEncoding }),
        ...(metadata && { Metadata: metadata }),
    }
}
