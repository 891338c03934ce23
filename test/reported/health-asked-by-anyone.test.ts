// Report: review of November 2026 (S3). Each GET of /-/readyz asked S3, from anyone, also where --allow or a password keeps
// strangers out: 25,000 signed requests a second, and the answer told strangers when the credentials expire.
// Right: S3 is asked once a second at most, and only readers are told more than ready or not.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { nginxFeatures } from '../../scripts/nginx/nginx-version.js'
import { startIndex } from '../support/nginx/start-index.js'
import { nginxUnderTest } from '../support/nginx/nginx-under-test.js'
import { request } from '../support/requests/raw-request.js'
import { startRecordingUpstream } from '../support/upstreams/recording-upstream.js'

const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }
const { sharedDictionary } = nginxFeatures((await nginxUnderTest()).version)

describe.each([false, true])('cached: %s', (cached) => {
    test('a hundred questions are one to S3, and a change is seen within two seconds', async () => {
        let status = 200
        const s3 = await startRecordingUpstream((_request, response) => response.writeHead(status).end())
        const index = await startIndex({ endpointUrl: s3.endpoint, environment, cached })
        const ask = async () => (await request(index.port, '/-/readyz')).status
        const answers: number[] = []
        for (let count = 0; count < 100; count++) answers.push(await ask())
        if (sharedDictionary) {
            expect(new Set(answers)).toEqual(new Set([200]))
            expect(s3.requests.length).toBeLessThanOrEqual(3)
        } else {
            // An older njs has no memory for it: each address is limited.
            expect(new Set(answers)).toEqual(new Set([200, 429]))
            expect(s3.requests.length).toBeLessThan(60)
        }
        await sleep(2_000)
        status = 403
        await ask()
        expect(await ask()).toBe(503)
        await sleep(2_000)
        status = 200
        await ask()
        expect(await ask()).toBe(200)
        await index.stop()
        await s3.close()
    })

    test.each([
        ['for everybody', {}, true],
        ['for some networks', { allow: ['10.0.0.0/8'] }, false],
    ])('an index %s', async (_name, options, told) => {
        const s3 = await startRecordingUpstream()
        const index = await startIndex({ endpointUrl: s3.endpoint, environment, cached, ...options })
        const answer = await request(index.port, '/-/readyz')
        expect(answer.status).toBe(200)
        expect(/credentials are/.test(answer.body.toString())).toBe(told)
        const details = await request(index.port, '/-/readyz/details')
        expect(details.status).toBe(told ? 200 : 403)
        expect(/credentials are/.test(details.body.toString())).toBe(told)
        await index.stop()
        await s3.close()
    })
})
