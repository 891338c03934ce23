import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostileRequests } from '../support/requests/hostile-requests.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { exchange } from '../support/requests/raw-request.js'
import {
    startRecordingUpstream,
    type RecordedRequest,
    type RecordingUpstream,
} from '../support/upstreams/recording-upstream.js'

const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }

/** What nginx may send, and what the value has to look like. */
const allowedHeaders: Record<string, RegExp> = {
    host: /^127\.0\.0\.1:\d+$/,
    authorization: /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//,
    'x-amz-date': /^2\d{7}T\d{6}Z$/,
    'x-amz-content-sha256': /^[0-9a-f]{64}$/,
    connection: /^(?:close|keep-alive)$/,
    // Of two, nginx before 1.23 takes the first; later ones make a list of them, which S3 does not heed.
    range: /^bytes=\d+-\d+(?:, bytes=\d+-\d+)?$/,
    'if-none-match': /^"etag"$/,
}

describe.each([false, true])('cached: %s', (cached) => {
    let s3: RecordingUpstream
    let index: Index
    let files = 0
    const pages = new Set<string>()

    beforeAll(async () => {
        s3 = await startRecordingUpstream()
        index = await startIndex({ endpointUrl: s3.endpoint, environment, prefix: 'team-a', cached })
    })
    afterAll(async () => {
        await index.stop()
        await s3.close()
    })

    describe.each(hostileRequests)('%s', (_name, rows) => {
        test.each(rows)('%s', async (_name, bytes, statuses, seen) => {
            const file = `file-${files++}`
            s3.requests.length = 0
            const answer = await exchange(index.port, Buffer.from(bytes.replaceAll('FILE', file), 'latin1'))
            const told = [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status))
            if (told.length === 1) expect(told[0]).toBeOneOf(statuses)
            else expect(told).toEqual(statuses)
            expect(answer).not.toMatch(/AKIDEXAMPLE|AWS4-HMAC|x-amz/i)

            const saw = s3.requests.map(({ method, target }) => `${method} ${target}`)
            expect(saw).toEqual(
                seen
                    .map((asked) => asked.replace(' ', ' /my-pypi/team-a/').replace('FILE', file))
                    // Of two rows with one page the cache keeps the second from S3.
                    .filter((asked) => !cached || !pages.has(asked)),
            )
            for (const asked of saw.filter((asked) => asked.endsWith('/index.html'))) pages.add(asked)
            s3.requests.forEach(expectClean)
        })
    })
})

/** Nothing of the client's: known headers with known values, each once, and no body. */
function expectClean({ headers, body }: RecordedRequest): void {
    for (const [name, value] of headers) expect(value, name).toMatch(allowedHeaders[name.toLowerCase()] ?? /^(?!)/)
    expect(new Set(headers.map(([name]) => name.toLowerCase())).size).toBe(headers.length)
    expect(headers.map(([name]) => name.toLowerCase())).toEqual(expect.arrayContaining(['authorization', 'x-amz-date']))
    expect(body).toBe('')
}
