import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { createAuthority } from '../support/machine/certificates.js'
import { startIndex } from '../support/nginx/start-index.js'
import { missingS3 } from '../support/s3/missing-s3.js'
import { request } from '../support/requests/raw-request.js'
import { describeWhere } from '../support/machine/requirements.js'
import { firstStart, startS3, type S3Name, type S3Server } from '../support/s3/s3-servers.js'
import { startTlsTerminator } from '../support/upstreams/tls-terminator.js'

const known = createAuthority()
const unknown = createAuthority()
const domain = 's3.localhost'
const both = [domain, `*.${domain}`]
const file = 'foo-1.0+cu121.whl'

for (const name of ['embedded', 'rgw', 'rgw-forky', 'swift', 'versitygw'] satisfies S3Name[]) {
    describeWhere(`TLS to ${name} with a private authority`, missingS3(name), () => {
        let s3: S3Server
        let bucket: string

        beforeAll(async () => {
            s3 = await startS3(name)
            bucket = await makeBucket(s3, { [`demo/${file}`]: 'the bytes' })
        }, firstStart)
        afterAll(() => s3.close())

        /** What an index answers, what it asked for, and how much the server got of it. */
        async function ask(certificate: { key: string; cert: string }, addressing: 'path' | 'virtual', secret = '') {
            const terminator = await startTlsTerminator(s3, certificate)
            const environment = environmentOf(s3)
            const index = await startIndex({
                bucket,
                addressing,
                region: s3.region,
                endpointUrl: `https://${domain}:${terminator.port}`,
                caBundle: known.file,
                environment: { ...environment, AWS_SECRET_ACCESS_KEY: environment.AWS_SECRET_ACCESS_KEY + secret },
            })
            const answer = await request(index.port, `/demo/${file}`)
            await index.stop()
            const { asked, forwarded } = terminator
            await terminator.close()
            return {
                status: answer.status,
                body: answer.body.toString(),
                asked,
                forwarded: forwarded(),
                log: index.log(),
            }
        }

        describe.each(['path', 'virtual'] as const)('%s style', (addressing) => {
            test('a certificate for the endpoint and its buckets is taken, and the signature with it', async ({
                task,
            }) => {
                const feature = 'TLS with a private authority'
                task.meta.tested = { what: 's3', server: name, version: s3.version, feature }
                const seen = await ask(known.issue(both), addressing)
                expect(seen).toMatchObject({ status: 200, body: 'the bytes' })
                // nginx asks for the endpoint in both styles: names of buckets with dots fit no wildcard.
                expect(new Set(seen.asked)).toEqual(new Set([domain]))
                expect((await ask(known.issue(both), addressing, 'x')).status).toBe(502)
            })

            // What nginx refuses is the same whatever is behind it.
            if (name !== 'embedded') return

            test.each([
                ['a wrong name', known.issue(['s3.example.com', '*.s3.example.com']), /does not match/],
                ['a name for buckets only', known.issue(`*.${domain}`), /does not match/],
                ['an unknown authority', unknown.issue(both), /certificate verify error/],
                ['a time that is over', known.issue(both, { expired: true }), /certificate has expired/],
            ])('%s: the index says 503, and S3 gets nothing', async (_name, certificate, reason) => {
                const { status, asked, forwarded, log } = await ask(certificate, addressing)
                expect([status, forwarded]).toEqual([503, 0])
                expect(asked).not.toEqual([])
                expect(log).toMatch(reason)
            })
        })
    })
}
