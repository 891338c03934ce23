import { afterAll, beforeAll, expect, test } from 'vitest'
import { verify } from '../../scripts/index/repair/verify.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { planRemoval, remove } from '../../scripts/manage/remove.js'
import { publish } from '../../scripts/publish/publish.js'
import { makeSdist, makeWheel, writeDistributions } from '../support/distributions/distributions.js'
import { describeWhere } from '../support/machine/requirements.js'
import { missingS3 } from '../support/s3/missing-s3.js'
import { firstStart, type S3Name } from '../support/s3/s3-servers.js'
import { attestationOf } from '../support/uploads/attestations.js'
import { sendUpload } from '../support/uploads/send-upload.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'

const servers: S3Name[] = ['rgw', 'rgw-forky', 'versitygw', 'swift']

for (const name of servers) {
    describeWhere(`uploads through nginx to ${name}`, missingS3(name), () => {
        let uploads: UploadIndex
        beforeAll(async () => {
            uploads = await startUploadIndex({}, { s3Name: name })
        }, firstStart)
        afterAll(() => uploads.stop())

        test.skipIf(name === 'swift')(
            'small and large files, again, other bytes, and at once',
            { timeout: 300_000 },
            async () => {
                const { port } = uploads.index
                const small = makeWheel({ name: 'acme', version: '1.0+local' })
                const large = makeWheel({ name: 'acme', version: '2.0', ballast: 9 * 1024 * 1024 })
                for (const file of [small, large, small, large]) {
                    expect(
                        await sendUpload(port, file, { version: file === small ? '1.0+local' : '2.0' }),
                    ).toMatchObject({ status: 200 })
                }
                const other = makeWheel({ name: 'acme', version: '2.0', summary: 'another build' })
                expect((await sendUpload(port, other)).reason).toContain('File already exists')
                const many = Array.from({ length: 8 }, (_, count) => makeWheel({ name: 'acme', version: `3.${count}` }))
                const answers = await Promise.all(many.map((file) => sendUpload(port, file)))
                expect(answers.map(({ status }) => status)).toEqual(many.map(() => 200))
                expect((await verify(uploads.bucket, { deep: true })).problems).toEqual([])
                expect(await uploads.keys()).not.toContainEqual(expect.stringContaining('.uploads/'))
            },
        )

        test.skipIf(name === 'swift')(
            'attestations, on the page and beside the file, until it is removed',
            { timeout: 300_000 },
            async () => {
                const { url, port } = uploads.index
                const first = makeWheel({ name: 'attested', version: '1.0+local' })
                const sdist = await makeSdist({ name: 'attested', version: '1.0+local' })
                for (const file of [first, sdist, first]) {
                    const attestations = JSON.stringify([attestationOf(file)])
                    const answer = await sendUpload(port, file, { version: '1.0+local', attestations })
                    expect(answer).toMatchObject({ status: 200 })
                }
                const page = await fetch(`${url}/simple/attested/`, {
                    headers: { Accept: 'application/vnd.pypi.simple.v1+json' },
                })
                const { files } = (await page.json()) as { files: { filename: string; provenance: string }[] }
                for (const file of [first, sdist]) {
                    const { provenance } = files.find(({ filename }) => filename === file.filename)!
                    const stored = await fetch(new URL(provenance, `${url}/simple/attested/`))
                    expect(stored.headers.get('content-type')).toBe('application/vnd.pypi.integrity.v1+json')
                    expect(await stored.json()).toMatchObject({
                        attestation_bundles: [{ attestations: [attestationOf(file)] }],
                    })
                }
                const other = makeWheel({ name: 'attested', version: '2.0' })
                const wrong = JSON.stringify([attestationOf(first)])
                expect(await sendUpload(port, other, { attestations: wrong })).toMatchObject({ status: 400 })
                expect((await verify(uploads.bucket, { deep: true })).problems).toEqual([])

                const index = new PackageIndex(uploads.bucket)
                await remove(index, await planRemoval(index, 'attested', [first.filename]))
                const left = (await uploads.keys()).filter((key) => key.startsWith('attested/'))
                const beside = [sdist.filename, `${sdist.filename}.provenance`]
                expect(left.sort()).toEqual([...beside, 'index.html', 'index.json'].map((key) => `attested/${key}`))
            },
        )

        test.runIf(name === 'swift')(
            'no conditional writes: the refusal names publish-package, and nothing is written',
            async () => {
                await publish(uploads.bucket, await writeDistributions(makeWheel({ name: 'known', version: '1.0' })))
                const before = await uploads.keys()
                for (const name of ['acme', 'known']) {
                    for (const ballast of [0, 9 * 1024 * 1024]) {
                        const file = makeWheel({ name, version: '2.0', ballast })
                        const answer = await sendUpload(uploads.index.port, file)
                        const reason = expect.stringContaining('conditional writes') as string
                        expect(answer).toMatchObject({ status: 400, reason })
                        expect(answer.text).toContain('publish-package')
                    }
                }
                expect(await uploads.keys()).toEqual(before)
                expect((await verify(uploads.bucket, { deep: true })).problems).toEqual([])
            },
        )
    })
}
