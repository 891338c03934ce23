import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { fromIni } from '@aws-sdk/credential-providers'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { UserError } from '../../core/user-error.js'
import { parseEndpointUrl } from '../option-values/endpoint.js'
import type { BucketOptions } from './bucket-options.js'
import { explainError, isForeign, isUnreachable, notS3 } from './explain-error.js'

// The pinned SDK runs on Node.js 20. Its warning about later SDK versions does not concern users.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

/** Attempts per request, with back-off: at a failure rate of 1/5, ten failures in a row have a chance of 1 in 10^7. */
const maxAttempts = 10
/** Idle time after which a connection is closed and the request retried. Milliseconds. */
const socketTimeout = 60_000

/** The connection to the S3 server of a bucket. */
export class Connection {
    /** Use only within `run`. */
    readonly client: S3Client
    /** URL of the server; undefined for AWS. */
    readonly endpointUrl: string | undefined
    /** Number of requests sent so far, including retries. */
    requests = 0
    /** Whether the last request went to AWS itself. */
    isAws = false

    readonly #bucket: string
    #region = 'us-east-1'
    #answered = false
    #checked: Promise<void> | undefined

    /** Sends nothing yet. @throws UsageError for invalid options */
    constructor(options: BucketOptions) {
        this.#bucket = options.bucket
        const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env
        const endpointUrl = options.endpointUrl ?? (AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL || undefined)
        const endpoint = endpointUrl === undefined ? undefined : parseEndpointUrl(endpointUrl)
        this.endpointUrl = endpoint && `${endpoint.scheme}://${endpoint.authority}`
        const profile = options.profile === undefined ? {} : { profile: options.profile }
        const ca = caBundle()
        // An explicit profile takes precedence over credentials in the environment.
        const credentials = options.credentials ?? (options.profile === undefined ? undefined : fromIni(profile))
        this.client = new S3Client({
            region: async () => (this.#region = options.region ?? (await defaultRegion(profile))),
            ...(this.endpointUrl === undefined ? {} : { endpoint: this.endpointUrl }),
            ...(credentials === undefined ? {} : { credentials }),
            forcePathStyle: options.addressing === undefined ? endpoint !== undefined : options.addressing === 'path',
            maxAttempts,
            // Ceph 16 and Swift do not support the SDK's newer checksums; Content-MD5 is sent instead.
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

    /** Runs a request. @param key key of its object, if any @throws UserError with the cause and the cure */
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
     * Requests a listing once, before any other request, to check that the server is S3. If the endpoint were a web
     * site, such as the package index, "not found" would be read as "no such key" and an HTML page as an object.
     */
    async #expectS3(server: string): Promise<void> {
        try {
            const { Name, KeyCount, Contents, IsTruncated } = await this.client.send(
                new ListObjectsV2Command({ Bucket: this.#bucket, MaxKeys: 1 }),
            )
            if ([Name, KeyCount, Contents, IsTruncated].some((value) => value !== undefined)) return
        } catch (error) {
            // Any S3 response, even an error, is left to the actual request.
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
                    // If the server never answered, the address is probably wrong: do not retry.
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

/**
 * Reads the CA certificates in the file `AWS_CA_BUNDLE`, which replace all others. The AWS CLI and boto3 support this
 * variable, the SDK for JavaScript does not.
 *
 * @returns undefined to use Node's certificates and `NODE_EXTRA_CA_CERTS`
 * @throws UserError if the file is unreadable or has no certificate: Node would accept it as an empty list of CAs
 */
function caBundle(file = process.env.AWS_CA_BUNDLE): string | undefined {
    if (file === undefined || file === '') return undefined
    const cure = 'Name a file with certificates (PEM), or unset AWS_CA_BUNDLE.'
    let text: string
    try {
        text = readFileSync(file, 'utf8')
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        throw new UserError(`AWS_CA_BUNDLE names ${file}, which cannot be read (${code})`, cure)
    }
    if (!text.includes('-----BEGIN CERTIFICATE-----')) {
        throw new UserError(`AWS_CA_BUNDLE names ${file}, which holds no certificate`, cure)
    }
    return text
}
