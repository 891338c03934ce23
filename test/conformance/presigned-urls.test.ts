import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { describeWhere, missingNginx } from '../support/machine/requirements.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { hostileNames, spellings } from '../support/requests/hostile-keys.js'
import { request } from '../support/requests/raw-request.js'
import { missingS3 } from '../support/s3/missing-s3.js'
import { firstStart, startS3, type S3Name, type S3Server } from '../support/s3/s3-servers.js'

const servers: S3Name[] = ['embedded', 'rgw', 'rgw-forky', 'swift', 'versitygw']

for (const name of servers) {
    describeWhere(`presigned URLs of every key, on ${name}`, missingNginx() ?? missingS3(name), () => {
        let s3: S3Server
        let bucket: string

        beforeAll(async () => {
            s3 = await startS3(name)
            const objects = hostileNames.map((file) => [`team-a/demo/${file}`, `the bytes of ${file}`])
            bucket = await makeBucket(s3, Object.fromEntries(objects))
        }, firstStart)
        afterAll(() => s3.close())

        describe.each(['path', 'virtual'] as const)('%s style', (addressing) => {
            let index: Index
            beforeAll(async () => {
                index = await startIndex({
                    ...{ bucket, addressing, region: s3.region, prefix: 'team-a', delivery: 'redirect' },
                    endpointUrl: addressing === 'path' ? s3.endpoint : `http://${s3.domain}`,
                    environment: environmentOf(s3),
                })
            })
            afterAll(() => index.stop())

            async function urlOf(path: string): Promise<string> {
                const { status, headers } = await request(index.port, path)
                expect([path, status]).toEqual([path, 302])
                return headers.location!
            }

            /** Raw, to the server at its address, with the Host of the URL. */
            const follow = (url: string) => {
                const [, host, target] = /^http:\/\/([^/]+)(.*)$/.exec(url)!
                return request(Number(new URL(s3.endpoint).port), target!, { headers: { Host: host } })
            }

            test.each(hostileNames)('%s', async (file) => {
                const urls = new Set<string>()
                for (const spelling of spellings(file)) urls.add(await urlOf(`/demo/${spelling}`))
                expect(urls.size).toBe(1)
                const [url] = [...urls]
                const answer = await follow(url!)
                expect([answer.status, answer.body.toString()]).toEqual([200, `the bytes of ${file}`])
                for (const changed of [url!.replace('demo/', 'demo/x'), url!.replace('Expires=5400', 'Expires=5401')])
                    expect([400, 403]).toContain((await follow(changed)).status)
            })

            test('S3 answers with the headers of a streamed file', async ({ task }) => {
                const feature = 'Presigned URLs'
                task.meta.tested = { what: 's3', server: name, version: s3.version, feature }
                const { headers } = await follow(await urlOf('/demo/plain-1.0-py3-none-any.whl'))
                expect(headers).toMatchObject({
                    'cache-control': 'max-age=31536000,immutable',
                    'content-disposition': 'attachment',
                    'content-encoding': 'identity',
                    'content-type': 'application/octet-stream',
                })
            })
        })
    })
}
