import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { listing } from '../upstreams/listing.js'
import { startIndex, type Index, type IndexOptions } from './start-index.js'
import { startRecordingUpstream, type RecordingUpstream } from '../upstreams/recording-upstream.js'

const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }

/** A bucket in the place of S3, whose objects and health the test changes. It records; it verifies nothing. */
export interface FakeBucket extends RecordingUpstream {
    objects: Record<string, string | Buffer>
    /** Answers every request with this status, or cuts it. */
    failure: number | 'cut' | undefined
    /** Milliseconds before it answers. */
    delay: number
}

async function startFakeBucket(objects: Record<string, string | Buffer>): Promise<FakeBucket> {
    const bucket: Omit<FakeBucket, keyof RecordingUpstream> = { objects, failure: undefined, delay: 0 }
    const upstream = await startRecordingUpstream(async (asked, response) => {
        await sleep(bucket.delay)
        if (bucket.failure === 'cut') return void response.destroy()
        if (bucket.failure !== undefined) return void response.writeHead(bucket.failure).end()
        if (asked.url === '/my-pypi/') return void response.end()
        if (asked.url!.startsWith('/my-pypi/?')) {
            const prefix = new URL(asked.url!, 'http://s3').searchParams.get('prefix')!
            return void response.end(listing(Object.keys(bucket.objects).filter((key) => key.startsWith(prefix))))
        }
        const body = bucket.objects[asked.url!.replace('/my-pypi/', '')]
        if (body === undefined) return void response.writeHead(404).end()
        const bytes = Buffer.from(body)
        const etag = `"${createHash('md5').update(bytes).digest('hex')}"`
        const shared = { ETag: etag, 'Last-Modified': 'Mon, 02 Nov 2026 00:00:00 GMT', 'Accept-Ranges': 'bytes' }
        if (asked.headers['if-none-match'] === etag) return void response.writeHead(304, shared).end()
        const range = /^bytes=(\d+)-(\d+)$/.exec(asked.headers.range ?? '')
        if (!range) return void response.writeHead(200, { ...shared, 'Content-Length': bytes.length }).end(bytes)
        const part = bytes.subarray(Number(range[1]), Number(range[2]) + 1)
        const contentRange = `bytes ${range[1]}-${Number(range[1]) + part.length - 1}/${bytes.length}`
        response.writeHead(206, { ...shared, 'Content-Range': contentRange, 'Content-Length': part.length }).end(part)
    })
    return Object.assign(bucket, upstream)
}

/** Runs a test with an nginx that keeps what it gets from such a bucket. */
export async function withCachedIndex(
    objects: Record<string, string | Buffer>,
    options: Partial<IndexOptions>,
    body: (index: Index, s3: FakeBucket) => Promise<void>,
): Promise<void> {
    const s3 = await startFakeBucket(objects)
    const index = await startIndex({ endpointUrl: s3.endpoint, environment, cached: true, ...options })
    try {
        await body(index, s3)
    } finally {
        await index.stop()
        await s3.close()
    }
}
