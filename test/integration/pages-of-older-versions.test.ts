import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { compressPage } from '../../scripts/index/stored/stored-page.js'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { wheelFile } from '../support/distributions/distributions.js'
import { brokenPromises, filesOf, pageText, readIndex } from '../support/index/pages.js'
import { describeWhere, missingRgw, missingSwift } from '../support/machine/requirements.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { missingVersitygw } from '../support/s3/versitygw.js'
import { newBucket } from '../support/s3/test-bucket.js'

const pages = ['index.json', 'index.html', 'acme/index.json', 'acme/index.html', 'other/index.json', 'other/index.html']

for (const [name, missing] of [
    ['embedded', undefined],
    ['rgw', missingRgw()],
    ['swift', missingSwift()],
    ['versitygw', missingVersitygw()],
] as const) {
    describeWhere(`pages of older versions on ${name}`, missing, () => {
        let server: S3Server
        let bucket: Bucket

        beforeAll(async () => void (server = await startS3(name)))
        afterAll(() => server.close())
        beforeEach(async () => {
            bucket = await newBucket(server)
            await publish(bucket, [await wheelFile({ name: 'acme', version: '1.0' })])
            await publish(bucket, [await wheelFile({ name: 'other', version: '2.0' })])
        })

        const encodings = async () =>
            Promise.all(pages.map(async (key) => (await bucket.head(key))!.contentEncoding ?? 'none'))

        /** Stores a page as version 0.1.0 did: uncompressed, with the ETags of the file and of its .metadata. */
        async function age(project: string): Promise<void> {
            const file = `${project}/${(await filesOf(bucket, project))[0]!}`
            const [etag, metadataEtag] = [await bucket.head(file), await bucket.head(`${file}.metadata`)].map(
                (object) => object!.etag,
            )
            const plain = { contentType: 'application/vnd.pypi.simple.v1+json', cacheControl: 'no-cache' }
            const text = (await pageText(bucket, `${project}/index.json`))!
            const old = text.replace(
                /"yanked":false/g,
                `"yanked":false,"_etag":"${etag}","_core-metadata-etag":"${metadataEtag}"`,
            )
            expect(old).not.toBe(text)
            const jsonEtag = await bucket.write(`${project}/index.json`, Buffer.from(old), plain)
            const html = Buffer.from((await pageText(bucket, `${project}/index.html`))!)
            const metadata = { 'index-json-etag': jsonEtag }
            await bucket.write(`${project}/index.html`, html, { ...plain, contentType: 'text/html', metadata })
        }

        test('new pages are stored compressed, without fields that only a publisher reads', async () => {
            expect(await encodings()).toEqual(pages.map(() => 'gzip'))
            expect(await pageText(bucket, 'acme/index.json')).not.toContain('"_')
            expect(await verify(bucket, { deep: true })).toMatchObject({ problems: [], older: 0 })
        })

        test('older pages are valid, a publish converts those that it writes, rebuild all', async () => {
            await age('acme')
            await age('other')
            expect(await verify(bucket, { deep: true })).toMatchObject({ problems: [], older: 4 })

            await publish(bucket, [await wheelFile({ name: 'acme', version: '1.1' })])
            expect(await filesOf(bucket, 'acme')).toEqual(['acme-1.0-py3-none-any.whl', 'acme-1.1-py3-none-any.whl'])
            expect(await encodings()).toEqual(['gzip', 'gzip', 'gzip', 'gzip', 'none', 'none'])
            expect((await verify(bucket, { deep: true })).problems).toEqual([])

            const planned = await rebuild(new PackageIndex(bucket), { dryRun: true })
            const done = await rebuild(new PackageIndex(bucket), {})
            expect(done).toEqual(planned)
            expect(done.changed.map(({ project, pages: written, changed }) => [project, written, changed])).toEqual([
                ['acme', true, []],
                ['other', true, []],
            ])
            expect(await encodings()).toEqual(pages.map(() => 'gzip'))
            expect(await pageText(bucket, 'other/index.json')).not.toContain('"_')
            expect(await verify(bucket, { deep: true })).toMatchObject({ problems: [], older: 0 })
            expect((await rebuild(new PackageIndex(bucket), {})).changed).toEqual([])
        })

        test('another version of zlib makes no other page', async () => {
            for (const key of ['acme/index.json', 'acme/index.html']) {
                const { metadata } = (await bucket.head(key))!
                const body = gzipSync((await pageText(bucket, key))!, { level: 1 })
                expect(body.equals(compressPage(Buffer.from((await pageText(bucket, key))!)))).toBe(false)
                const etag = await bucket.write(key, body, {
                    contentType: 'text/html',
                    cacheControl: 'no-cache',
                    contentEncoding: 'gzip',
                    metadata: key.endsWith('html')
                        ? { 'index-json-etag': (await bucket.head('acme/index.json'))!.etag }
                        : metadata,
                })
                expect(etag).toBeTruthy()
            }
            expect(await verify(bucket, { deep: false })).toMatchObject({ problems: [], older: 0 })
            expect((await rebuild(new PackageIndex(bucket), {})).changed).toEqual([])
        })

        test.each([
            ['acme/index.json', 'lost its Content-Encoding'],
            ['acme/index.html', 'lost its Content-Encoding'],
            ['index.json', 'lost its Content-Encoding'],
            ['acme/index.json', 'was cut'],
            ['acme/index.html', 'was cut'],
            ['index.html', 'was cut'],
        ])('%s %s: found and repaired', async (key, damage) => {
            const before = await readIndex(bucket)
            const { body } = (await bucket.get(key))!
            const { metadata } = (await bucket.head(key))!
            const headers = { contentType: 'text/html', cacheControl: 'no-cache', metadata }
            if (damage === 'was cut') {
                await bucket.write(key, body.subarray(0, -20), { ...headers, contentEncoding: 'gzip' })
            } else {
                await bucket.write(key, body, headers)
            }
            const { problems } = await verify(bucket, { deep: false })
            expect(problems).toMatchObject([{ kind: 'broken-page', key }])
            await rebuild(new PackageIndex(bucket), {})
            expect((await verify(bucket, { deep: true })).problems).toEqual([])
            expect(await readIndex(bucket)).toEqual(before)
            expect(await brokenPromises(bucket)).toEqual([])
        })

        test('a publish does not write over a page that it cannot decompress', async () => {
            const { body } = (await bucket.get('acme/index.json'))!
            const headers = { contentType: 'text/html', cacheControl: 'no-cache', contentEncoding: 'gzip' } as const
            await bucket.write('acme/index.json', body.subarray(0, -20), headers)
            const publishing = publish(bucket, [await wheelFile({ name: 'acme', version: '1.1' })])
            await expect(publishing).rejects.toThrow('acme/index.json is compressed and cannot be decompressed')
            expect((await bucket.get('acme/index.json'))!.body.equals(body.subarray(0, -20))).toBe(true)
        })
    })
}
