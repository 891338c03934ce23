import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { hostileNames, spellings } from '../support/requests/hostile-keys.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { missingS3 } from '../support/s3/missing-s3.js'
import { describeWhere, missingNginx } from '../support/machine/requirements.js'
import { firstStart, startS3, type S3Name, type S3Server } from '../support/s3/s3-servers.js'
import { s3Request } from '../support/s3/signed-request.js'

/** Servers that know Version 4 alone. */
const withoutV2: readonly S3Name[] = ['versitygw']

const servers: S3Name[] = ['embedded', 'rgw', 'rgw-forky', 'swift', 'versitygw']

for (const name of servers) {
    describeWhere(`every spelling of every key, on ${name}`, missingNginx() ?? missingS3(name), () => {
        let s3: S3Server
        let bucket: string

        beforeAll(async () => {
            s3 = await startS3(name)
            const objects = hostileNames.map((file) => [`demo/${file}`, `the bytes of ${file}`])
            bucket = await makeBucket(s3, Object.fromEntries(objects))
        }, firstStart)
        afterAll(() => s3.close())

        describe.each([
            ['v4', 'path'],
            ['v4', 'virtual'],
            ['v2', 'path'],
            ['v2', 'virtual'],
        ] as const)('signature %s, %s style', (signature, addressing) => {
            const lacks = signature === 'v2' && withoutV2.includes(name)
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

            test('is what this server can', async ({ task }) => {
                const feature = `Sig${signature.toUpperCase()}, ${addressing === 'path' ? 'path' : 'virtual-host'} style`
                const tested = { what: 's3', server: name, version: s3.version, feature } as const
                task.meta.tested = lacks ? { ...tested, lacks } : tested
                const options = { bucket, key: 'demo/plain-1.0-py3-none-any.whl', signature, style: addressing }
                expect((await s3Request(s3, options)).status).toBe(lacks ? 403 : 200)
            })

            if (lacks) {
                test('is refused, whatever the secret, and is no missing file', async () => {
                    for (const { port } of [index, refused]) {
                        expect((await request(port, '/demo/plain-1.0-py3-none-any.whl')).status).toBe(502)
                        expect((await request(port, '/demo/no-such-file-1.0+x.whl')).status).toBe(502)
                    }
                })
                return
            }

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
