import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { startRecordingUpstream, type RecordingUpstream } from '../support/upstreams/recording-upstream.js'

const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }

/** What a tool may have stored with an object. */
const stored = [undefined, 'text/html', 'text/html; charset=utf-8', 'text/plain;charset=ISO-8859-1', 'image/png; a=b']

describe.each([false, true])('cached: %s', (cached) => {
    let type: string | undefined
    let s3: RecordingUpstream
    let index: Index

    beforeAll(async () => {
        s3 = await startRecordingUpstream((_request, response) => {
            if (type !== undefined) response.setHeader('Content-Type', type)
            response.end('page '.repeat(1000))
        })
        index = await startIndex({ endpointUrl: s3.endpoint, environment, cached })
    })
    afterAll(async () => {
        await index.stop()
        await s3.close()
    })

    test.each(stored)('stored as %s: the type is what the content has here, said once', async (as) => {
        type = as
        const name = `p${stored.indexOf(as)}`
        const html = await request(index.port, `/${name}/`)
        expect(html.headers['content-type']).toBe('text/html; charset=utf-8')
        const wheel = await request(index.port, `/${name}/a-1.0-py3-none-any.whl`)
        expect(wheel.headers['content-type']).toBe('application/octet-stream')
        const metadata = await request(index.port, `/${name}/a-1.0-py3-none-any.whl.metadata`)
        expect(metadata.headers['content-type']).toBe('text/plain; charset=utf-8')
        const provenance = await request(index.port, `/${name}/a-1.0-py3-none-any.whl.provenance`)
        expect(provenance.headers['content-type']).toBe('application/vnd.pypi.integrity.v1+json')
    })

    test('pages may be compressed on their way, files never', async () => {
        type = 'text/html; charset=utf-8'
        const headers = { 'Accept-Encoding': 'gzip', Accept: 'text/html' }
        const page = await request(index.port, '/demo/', { headers })
        expect(page.headers['content-encoding']).toBe('gzip')
        const file = await request(index.port, '/demo/a-1.0.tar.gz', { headers })
        expect(file.headers['content-encoding']).toBeUndefined()
        expect(file.headers['content-length']).toBe('5000')
    })
})
