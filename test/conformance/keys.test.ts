import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentOf, makeBucket } from '../support/bucket.js'
import { hostileNames, spellings } from '../support/hostile-keys.js'
import { startIndex, type Index } from '../support/index.js'
import { request } from '../support/raw-request.js'
import { describeWhere, missingNginx, missingRgw, missingSwift } from '../support/requirements.js'
import { startS3, type S3Server } from '../support/s3-servers.js'

const servers = [
    ['embedded', missingNginx()],
    ['rgw', missingNginx() ?? missingRgw()],
    ['swift', missingNginx() ?? missingSwift()],
] as const

for (const [name, missing] of servers) {
    describeWhere(`every spelling of every key, on ${name}`, missing, () => {
        let s3: S3Server
        let bucket: string

        beforeAll(async () => {
            s3 = await startS3(name)
            const objects = hostileNames.map((file) => [`demo/${file}`, `the bytes of ${file}`])
            bucket = await makeBucket(s3, Object.fromEntries(objects))
        })
        afterAll(() => s3.close())

        describe.each([
            ['v4', 'path'],
            ['v4', 'virtual'],
            ['v2', 'path'],
            ['v2', 'virtual'],
        ] as const)('signature %s, %s style', (signature, addressing) => {
            let index: Index
            let refused: Index

            beforeAll(async () => {
                const options = {
                    bucket,
                    signature,
                    addressing,
                    region: s3.region,
                    endpointUrl: addressing === 'path' ? s3.endpoint : `http://${s3.domain}`,
                }
                const environment = environmentOf(s3)
                index = await startIndex({ ...options, environment })
                refused = await startIndex({
                    ...options,
                    environment: { ...environment, AWS_SECRET_ACCESS_KEY: environment.AWS_SECRET_ACCESS_KEY + 'x' },
                })
            })
            afterAll(async () => {
                await index.stop()
                await refused.stop()
            })

            test.each(hostileNames)('%s', async (file) => {
                for (const spelling of spellings(file)) {
                    const answer = await request(index.port, `/demo/${spelling}`)
                    expect(answer.status, spelling).toBe(200)
                    expect(answer.body.toString(), spelling).toBe(`the bytes of ${file}`)

                    const head = await request(index.port, `/demo/${spelling}`, { method: 'HEAD' })
                    expect(head.status, spelling).toBe(200)
                    expect(Number(head.headers['content-length'])).toBe(answer.body.length)

                    // A wrong secret: it was the signature that opened the bucket.
                    expect((await request(refused.port, `/demo/${spelling}`)).status, spelling).toBe(502)
                }
            })

            test('a key that does not exist is not found', async () => {
                const answer = await request(index.port, '/demo/no-such-file-1.0+x.whl')
                expect(answer.status).toBe(404)
                expect((await request(refused.port, '/demo/no-such-file-1.0+x.whl')).status).toBe(502)
            })
        })
    })
}
