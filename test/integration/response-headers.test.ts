import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIndex, type Index } from '../support/index.js'
import { request } from '../support/raw-request.js'
import { startRecordingUpstream, type RecordingUpstream } from '../support/recording-upstream.js'

const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }

/** Of S3, of a publisher, of other servers, in either case. */
const taken = ['x-amz-id-2', 'X-Amz-Meta-Owner', 'x-amz-meta-mtime', 'X-Rgw-Object-Type', 'x-trans-id', 'X-', 'x-y']

/** Of them some come behind X in the order of characters, and one before. */
const left = ['ETag', 'last-modified', 'Xylophone', 'xylophones', 'y-z', 'Z-A', 'A-Header']

describe.each([false, true])('cached: %s', (cached) => {
    let s3: RecordingUpstream
    let index: Index

    beforeAll(async () => {
        s3 = await startRecordingUpstream((_request, response) => {
            for (const name of [...taken, ...left]) {
                response.setHeader(name, name === 'last-modified' ? 'Mon, 02 Nov 2026 00:00:00 GMT' : '"seen"')
            }
            response.end('bytes')
        })
        index = await startIndex({ endpointUrl: s3.endpoint, environment, cached })
    })
    afterAll(async () => {
        await index.stop()
        await s3.close()
    })

    test.each(['/demo/demo-1.0.tar.gz', '/demo/'])('%s: a client sees no header that begins with X-', async (path) => {
        for (let time = 0; time < 2; time++) {
            const { status, headers } = await request(index.port, path)
            expect(status).toBe(200)
            expect(Object.keys(headers).filter((name) => name.startsWith('x-'))).toEqual(['x-content-type-options'])
        }
    })

    test('the twin: it sees the others', async () => {
        const { headers } = await request(index.port, '/demo/demo-1.0.tar.gz')
        for (const name of left) expect(headers[name.toLowerCase()], name).toBeDefined()
    })
})
