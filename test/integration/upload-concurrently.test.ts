import { expect, test } from 'vitest'
import { verify } from '../../scripts/index/repair/verify.js'
import { publish } from '../../scripts/publish/publish.js'
import { makeWheel, writeDistributions } from '../support/distributions/distributions.js'
import { sendUpload } from '../support/uploads/send-upload.js'
import { startUploadIndex } from '../support/uploads/upload-index.js'

// The rounds of compare-and-swap take long on a busy machine.
test(
    'uploads and publish-package at once, into one project and into new ones: nothing is lost',
    { timeout: 300_000 },
    async () => {
        const uploads = await startUploadIndex()
        const { bucket, index } = uploads
        const shared = Array.from({ length: 20 }, (_, count) => makeWheel({ name: 'shared', version: `1.${count}` }))
        const own = Array.from({ length: 10 }, (_, count) => makeWheel({ name: `own-${count}`, version: '1.0' }))
        const published = Array.from({ length: 10 }, (_, count) => makeWheel({ name: 'shared', version: `2.${count}` }))
        const answers = await Promise.all([
            ...shared.map((file) => sendUpload(index.port, file)),
            ...own.map((file, count) => sendUpload(index.port, file, { name: `own-${count}` })),
            ...published.map(async (file) => {
                await publish(bucket, await writeDistributions(file))
                return { status: 200, text: '' }
            }),
        ])
        expect(answers.filter(({ status }) => status !== 200)).toEqual([])
        expect((await verify(bucket, { deep: false })).problems).toEqual([])
        const page = await fetch(`${index.url}/simple/shared/`, {
            headers: { Accept: 'application/vnd.pypi.simple.v1+json' },
        })
        const { files } = (await page.json()) as { files: { filename: string }[] }
        const wanted = [...shared, ...published].map(({ filename }) => filename).sort()
        expect(files.map(({ filename }) => filename).sort()).toEqual(wanted)
        const list = await (await fetch(`${index.url}/simple/`)).text()
        for (let count = 0; count < own.length; count++) expect(list).toContain(`href="own-${count}/"`)
        await uploads.stop()
    },
)

test(
    'the same name with other bytes at once: one is stored, the others are refused',
    { timeout: 300_000 },
    async () => {
        const uploads = await startUploadIndex()
        const builds = Array.from({ length: 6 }, (_, count) =>
            makeWheel({ name: 'twin', version: '1.0', summary: `build ${count}` }),
        )
        const answers = await Promise.all(builds.map((file) => sendUpload(uploads.index.port, file)))
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400, 400])
        const refused = answers.filter(({ status }) => status === 400)
        for (const { reason } of refused) expect(reason).toContain('File already exists')
        expect((await verify(uploads.bucket, { deep: true })).problems).toEqual([])
        await uploads.stop()
    },
)
