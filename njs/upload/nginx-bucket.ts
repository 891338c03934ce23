import type {
    BoundedBucket,
    Condition,
    ListedObject,
    ListingStart,
    ObjectContent,
    ObjectHead,
    ObjectHeaders,
    PutResult,
} from '../../core/index/objects.js'
import type { IndexPlatform } from '../../core/index/platform.js'
import { WholeReader } from '../../core/index/whole-reader.js'
import { openUploadKey, type OpenUpload } from '../../core/upload/open-upload.js'
import type { Header } from '../signing/sigv4.js'
import type { Digests } from './digests.js'
import { errorCode, etagOf, failure, type S3Answer, type S3Connection } from './s3-connection.js'
import type { S3Request } from './s3-request.js'
import { element, elements } from './xml.js'

/** One index in a bucket, over nginx's connection to S3. Keys are relative to its prefix. */
export class NginxBucket implements BoundedBucket {
    readonly name: string
    /** Whether Ceph 16's form of If-Match is needed: without quotes. */
    private unquoted: boolean | undefined

    private readonly whole: WholeReader<Uint8Array>

    constructor(
        readonly connection: S3Connection,
        readonly prefix: string,
        readonly digests: Digests,
        { areEqual, sleep }: Pick<IndexPlatform, 'areEqual' | 'sleep'>,
    ) {
        this.name = connection.place.bucket
        this.whole = new WholeReader({ md5: digests.md5, areEqual, sleep })
    }

    /** Whether the server is AWS itself, where conditional writes need no probe. */
    get isAws(): boolean {
        return /\.amazonaws\.com(?:\.cn)?$/.test(this.connection.place.host)
    }

    /** Reads a small object; undefined only if S3 answers "no such key". */
    async get(key: string): Promise<ObjectContent | undefined> {
        return this.whole.read(() => this.getOnce(key))
    }

    private async getOnce(key: string): Promise<ObjectContent | undefined> {
        const request: S3Request = { method: 'GET', key: this.prefix + key }
        const answer = await this.connection.ask(request)
        const contentEncoding = answer.headers['content-encoding']
        if (answer.status === 200) {
            return { body: answer.body, etag: etagOf(answer), contentEncoding, metadata: metadataOf(answer.headers) }
        }
        if (answer.status === 404 && errorCode(answer) === 'NoSuchKey') return undefined
        throw failure(request, answer)
    }

    /** Reads the size, ETag and metadata of an object; undefined if it does not exist. */
    async head(key: string): Promise<ObjectHead | undefined> {
        const request: S3Request = { method: 'HEAD', key: this.prefix + key }
        const answer = await this.connection.ask(request)
        if (answer.status === 404) return undefined
        if (answer.status !== 200) throw failure(request, answer)
        const { headers } = answer
        return {
            key,
            size: Number(headers['content-length'] ?? 0),
            etag: etagOf(answer),
            lastModified: new Date(headers['last-modified'] ?? 0),
            metadata: metadataOf(headers),
            contentEncoding: headers['content-encoding'],
        }
    }

    /** Writes a small object if a condition holds. */
    async put(key: string, body: Uint8Array, headers: ObjectHeaders, condition: Condition): Promise<PutResult> {
        if (condition === 'absent') return this.putWith(key, body, headers, [['if-none-match', '*']])
        const { etag } = condition
        const first = await this.putWith(key, body, headers, [['if-match', this.unquoted ? etag : `"${etag}"`]])
        if (first.outcome === 'written') this.unquoted ??= false
        if (first.outcome !== 'refused' || first.isAbsent || this.unquoted !== undefined) return first
        // RFC 9110 requires quotes, Ceph 16 rejects them: the other form shows whether the object has changed.
        const second = await this.putWith(key, body, headers, [['if-match', etag]])
        if (second.outcome === 'written') this.unquoted = true
        return second
    }

    /** Writes a small object unconditionally. @returns its ETag */
    async write(key: string, body: Uint8Array, headers: ObjectHeaders): Promise<string> {
        const result = await this.putWith(key, body, headers, [])
        if (result.outcome !== 'written') throw new Error(`S3 refused PUT ${this.prefix}${key}`)
        return result.etag
    }

    private async putWith(
        key: string,
        body: Uint8Array,
        headers: ObjectHeaders,
        condition: Header[],
    ): Promise<PutResult> {
        const md5 = this.digests.md5(body)
        const request: S3Request = {
            method: 'PUT',
            key: this.prefix + key,
            body: body as Buffer,
            payloadHash: await this.digests.sha256(body),
            headers: [...objectHeaders(headers), ['content-md5', base64(md5)], ...condition],
        }
        const answer = await this.connection.ask(request)
        if (answer.status === 200) return { outcome: 'written', etag: await this.storedEtag(key, etagOf(answer), md5) }
        return outcomeOf(request, answer)
    }

    /** The ETag as HEAD shows it. Some servers answer a write without an ETag, or with another one. */
    async storedEtag(key: string, written: string, md5?: string): Promise<string> {
        if (written !== '' && written === md5) return written
        return (await this.head(key))?.etag ?? written
    }

    /** Deletes objects; succeeds for missing ones. */
    async delete(keys: readonly string[]): Promise<void> {
        for (const key of keys) {
            const request: S3Request = { method: 'DELETE', key: this.prefix + key }
            const answer = await this.connection.ask(request)
            if (answer.status >= 300 && answer.status !== 404) throw failure(request, answer)
        }
    }

    /** Lists all objects whose key starts with `start`, sorted by UTF-8 bytes. */
    async listAll(start = ''): Promise<ListedObject[]> {
        const objects: ListedObject[] = []
        await this.eachPage([['prefix', this.prefix + start]], (xml, encoding) => {
            for (const content of elements(xml, 'Contents')) objects.push(this.listedObject(content, encoding))
        })
        return objects
    }

    private listedObject(content: string, encoding: string | undefined): ListedObject {
        return {
            key: decodeKey(element(content, 'Key') ?? '', encoding).slice(this.prefix.length),
            size: Number(element(content, 'Size') ?? 0),
            etag: (element(content, 'ETag') ?? '').replace(/^(?:W\/)?"|"$/g, ''),
            lastModified: new Date(element(content, 'LastModified') ?? 0),
        }
    }

    /** Lists a folder by one request. */
    async listStart(folder: string, most: number): Promise<ListingStart> {
        const path = this.prefix + folder
        const { xml, encoding, token } = await this.listPage([
            ['prefix', path],
            ['delimiter', '/'],
            ['max-keys', String(most)],
        ])
        const folders = elements(xml, 'CommonPrefixes').map((common) =>
            decodeKey(element(common, 'Prefix') ?? '', encoding).slice(path.length, -1),
        )
        const objects = elements(xml, 'Contents').map((content) => this.listedObject(content, encoding))
        return { folders, objects, isComplete: token === undefined }
    }

    /** The same, one by one, as Node's bucket lists. */
    list(start = ''): AsyncIterable<ListedObject> {
        const all = () => this.listAll(start)
        return {
            [Symbol.asyncIterator]: () => {
                let objects: ListedObject[] | undefined
                let index = 0
                return {
                    next: async () => {
                        objects ??= await all()
                        const value = objects[index++]
                        return value === undefined ? { done: true as const, value: undefined } : { done: false, value }
                    },
                }
            },
        }
    }

    /** The names of the top-level folders of the index, without a trailing slash. */
    async folders(): Promise<string[]> {
        const names: string[] = []
        await this.eachPage(
            [
                ['prefix', this.prefix],
                ['delimiter', '/'],
            ],
            (xml, encoding) => {
                for (const common of elements(xml, 'CommonPrefixes')) {
                    names.push(decodeKey(element(common, 'Prefix') ?? '', encoding).slice(this.prefix.length, -1))
                }
            },
        )
        return names
    }

    /** The first 1,000 open multipart uploads whose key starts with `start`. */
    async openUploads(start: string): Promise<OpenUpload[]> {
        const request: S3Request = {
            method: 'GET',
            key: '',
            query: [
                ['uploads', ''],
                ['encoding-type', 'url'],
                ['prefix', this.prefix + start],
            ],
        }
        const answer = await this.connection.ask(request)
        if (answer.status !== 200) throw failure(request, answer)
        const xml = answer.body.toString('utf8')
        const encoding = element(xml, 'EncodingType')
        return elements(xml, 'Upload').map((upload) => ({
            key: openUploadKey(element(upload, 'Key') ?? '', encoding).slice(this.prefix.length),
            id: element(upload, 'UploadId') ?? '',
            begun: new Date(element(upload, 'Initiated') ?? ''),
        }))
    }

    /** Aborts a multipart upload, which deletes its parts. */
    async abortUpload({ key, id }: Pick<OpenUpload, 'key' | 'id'>): Promise<void> {
        await this.connection.ask({ method: 'DELETE', key: this.prefix + key, query: [['uploadId', id]] })
    }

    private async eachPage(
        query: [string, string][],
        read: (xml: string, encoding: string | undefined) => void,
    ): Promise<void> {
        let token: string | undefined
        do {
            const page = await this.listPage(
                token === undefined ? query : query.concat([['continuation-token', token]]),
            )
            read(page.xml, page.encoding)
            token = page.token
        } while (token !== undefined)
    }

    /** @returns `token` of the next page */
    private async listPage(query: [string, string][]) {
        const common: [string, string][] = [
            ['list-type', '2'],
            ['encoding-type', 'url'],
        ]
        const request: S3Request = { method: 'GET', key: '', query: common.concat(query) }
        const answer = await this.connection.ask(request)
        if (answer.status !== 200) throw failure(request, answer)
        const xml = answer.body.toString('utf8')
        if (xml.indexOf('<ListBucketResult') < 0) throw new Error('the answer of S3 is no listing')
        const isTruncated = element(xml, 'IsTruncated') === 'true'
        const token = isTruncated ? element(xml, 'NextContinuationToken') : undefined
        return { xml, encoding: element(xml, 'EncodingType'), token }
    }
}

/** The outcome of a write whose answer is not 200. @throws Error for any other failure */
export function outcomeOf(request: S3Request, answer: S3Answer): PutResult {
    // 409: a concurrent conditional write. NoSuchKey: If-Match on a deleted object. NoSuchUpload: the upload was completed,
    // but the answer was lost.
    if (answer.status === 412 || answer.status === 409) return { outcome: 'refused' }
    if (answer.status === 404 && /^NoSuch(?:Key|Upload)$/.test(errorCode(answer))) {
        return { outcome: 'refused', isAbsent: true }
    }
    if (answer.status === 501) return { outcome: 'unsupported' }
    throw failure(request, answer)
}

/** The headers that are stored with an object. */
export function objectHeaders({ contentType, cacheControl, contentEncoding, metadata }: ObjectHeaders): Header[] {
    return [
        ['cache-control', cacheControl],
        ['content-type', contentType],
        ...(contentEncoding === undefined ? [] : [['content-encoding', contentEncoding] as Header]),
        ...Object.keys(metadata ?? {}).map((name): Header => [`x-amz-meta-${name}`, metadata![name]!]),
    ]
}

function metadataOf(headers: Record<string, string>): Record<string, string> {
    const metadata: Record<string, string> = {}
    for (const name of Object.keys(headers)) {
        if (name.startsWith('x-amz-meta-')) metadata[name.slice('x-amz-meta-'.length)] = headers[name]!
    }
    return metadata
}

function decodeKey(key: string, encoding: string | undefined): string {
    if (encoding !== 'url') return key
    try {
        return decodeURIComponent(key.replaceAll('+', ' '))
    } catch {
        return key // not UTF-8, so no key of an index
    }
}

export function base64(hex: string): string {
    return Buffer.from(hex, 'hex').toString('base64')
}
