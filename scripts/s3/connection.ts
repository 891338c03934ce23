import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { fromIni } from '@aws-sdk/credential-providers'
import { createHash } from 'node:crypto'
import { parseEndpointUrl } from '../options/endpoint.js'
import type { BucketOptions } from './bucket-options.js'
import { caBundle } from './ca-bundle.js'
import { explainError, isForeign, isUnreachable, notS3 } from './explain-error.js'

// The version of the SDK in package.json runs on Node.js 20. That later ones will not is no concern of users.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

/** Tries of one request, with back-off: an S3 that fails one time in five fails ten in a row once in ten million. */
const maxAttempts = 10
/** A connection that is silent this long is given up and the request tried again. Milliseconds. */
const socketTimeout = 60_000

/** The way to the S3 server of a bucket. */
export class Connection {
    /** What sends requests. Send them within `run`. */
    readonly client: S3Client
    /** The server, undefined for AWS. */
    readonly endpointUrl: string | undefined
    /** Requests sent so far, each try counted. */
    requests = 0
    /** Whether the last request went to AWS itself. */
    isAws = false

    readonly #bucket: string
    #region = 'us-east-1'
    #answered = false
    #checked: Promise<void> | undefined

    /** Nothing is sent yet. @throws UsageError for options that cannot be right */
    constructor(options: BucketOptions) {
        this.#bucket = options.bucket
        const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env
        const endpointUrl = options.endpointUrl ?? (AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL || undefined)
        const endpoint = endpointUrl === undefined ? undefined : parseEndpointUrl(endpointUrl)
        this.endpointUrl = endpoint && `${endpoint.scheme}://${endpoint.authority}`
        const profile = options.profile === undefined ? {} : { profile: options.profile }
        const ca = caBundle()
        // A profile that is named wins over credentials in the environment.
        const credentials = options.credentials ?? (options.profile === undefined ? undefined : fromIni(profile))
        // That the SDK will ask for a newer Node one day is news for this project, not for its users.
        process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
        this.client = new S3Client({
            region: async () => (this.#region = options.region ?? (await defaultRegion(profile))),
            ...(this.endpointUrl === undefined ? {} : { endpoint: this.endpointUrl }),
            ...(credentials === undefined ? {} : { credentials }),
            forcePathStyle: options.addressing === undefined ? endpoint !== undefined : options.addressing === 'path',
            maxAttempts,
            // Content-MD5 is sent instead: Ceph 16 and Swift do not know the SDK's newer checksums.
            requestChecksumCalculation: 'WHEN_REQUIRED',
            responseChecksumValidation: 'WHEN_REQUIRED',
            requestHandler: {
                connectionTimeout: 10_000,
                socketTimeout,
                ...(ca === undefined ? {} : { httpsAgent: { ca } }),
            },
        })
        this.#addMiddleware()
    }

    /** @param key of the object that the request is about, if any @throws UserError that names the cause and the cure */
    async run<Result>(key: string | undefined, request: () => Promise<Result>): Promise<Result> {
        try {
            if (this.endpointUrl !== undefined) await (this.#checked ??= this.#expectS3(this.endpointUrl))
            return await request()
        } catch (error) {
            throw this.#explain(error, key)
        }
    }

    #explain(error: unknown, key?: string): unknown {
        return explainError(error, { bucket: this.#bucket, endpointUrl: this.endpointUrl, region: this.#region, key })
    }

    /**
     * Asks a server for a listing, once, before anything else. Where the endpoint is the index that clients install from, or
     * any other web site, "not found" would be read as "no such key", and a page of HTML as an object.
     */
    async #expectS3(server: string): Promise<void> {
        try {
            const { Name, KeyCount, Contents, IsTruncated } = await this.client.send(
                new ListObjectsV2Command({ Bucket: this.#bucket, MaxKeys: 1 }),
            )
            if ([Name, KeyCount, Contents, IsTruncated].some((value) => value !== undefined)) return
        } catch (error) {
            // What S3 answers, even a refusal, is for the request that is to come.
            if (!isForeign(error)) return
        }
        throw notS3(server)
    }

    #addMiddleware(): void {
        this.client.middlewareStack.add(
            (next) => (args) => {
                const { body, headers } = args.request as { body?: unknown; headers: Record<string, string> }
                if (body instanceof Uint8Array || (typeof body === 'string' && body !== '')) {
                    headers['content-md5'] = createHash('md5').update(body).digest('base64')
                }
                return next(args)
            },
            { name: 'contentMd5', step: 'build', priority: 'low' },
        )
        this.client.middlewareStack.add(
            (next) => async (args) => {
                this.requests++
                this.isAws = /\.amazonaws\.com(?:\.cn)?$/.test((args.request as { hostname: string }).hostname)
                try {
                    const answer = await next(args)
                    this.#answered = true
                    return answer
                } catch (error) {
                    // Where nobody has ever answered, the address is wrong: it is not asked ten times.
                    throw !this.#answered && isUnreachable(error) ? this.#explain(error) : error
                }
            },
            { name: 'countRequests', step: 'deserialize', priority: 'low' },
        )
    }
}

async function defaultRegion(profile: { profile?: string }): Promise<string> {
    const { AWS_REGION, AWS_DEFAULT_REGION } = process.env
    if (AWS_REGION || AWS_DEFAULT_REGION) return (AWS_REGION || AWS_DEFAULT_REGION)!
    try {
        return await new S3Client(profile).config.region()
    } catch (error) {
        if (error instanceof Error && error.message === 'Region is missing') return 'us-east-1'
        throw error
    }
}
