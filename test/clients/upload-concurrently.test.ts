import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { verify } from '../../scripts/index/repair/verify.js'
import { publish } from '../../scripts/publish/publish.js'
import { makeWheel, writeDistributions, type Distribution } from '../support/distributions/distributions.js'
import { readIndex } from '../support/index/pages.js'
import { environmentWith, missingFor } from '../support/python/python-clients.js'
import { uploader } from '../support/uploads/send-upload.js'
import { startUploadIndex } from '../support/uploads/upload-index.js'

const requirements = ['twine==7.0.0']

/** Uploads with twine. @throws Error that has what it said */
async function twine(url: string, file: Distribution): Promise<void> {
    const folder = await mkdtemp(path.join(tmpdir(), 'twine-'))
    await writeFile(path.join(folder, file.filename), file.bytes)
    const words = ['-m', 'twine', 'upload', '--repository-url', `${url}/legacy/`, file.filename]
    const env = {
        ...{ HOME: folder, PATH: '/usr/bin:/bin', TWINE_NON_INTERACTIVE: '1' },
        ...{ TWINE_USERNAME: uploader.user, TWINE_PASSWORD: uploader.password },
    }
    await promisify(execFile)(await environmentWith(requirements), words, { cwd: folder, env })
}

test.skipIf(missingFor(requirements) !== undefined)(
    '50 of twine and publish-package at once, into one project and into 50 new ones, through two nginxes: none is lost',
    { timeout: 600_000 },
    async () => {
        const uploads = await startUploadIndex({ workers: 2 })
        const another = await uploads.startAnother()
        const urls = [uploads.index.url, another.url]
        const uploadAll = (files: Distribution[]) =>
            Promise.all(
                files.map(async (file, count) => {
                    if (count % 2 === 0) await twine(urls[(count / 2) % 2]!, file)
                    else await publish(uploads.bucket, await writeDistributions(file))
                }),
            )
        const shared = Array.from({ length: 50 }, (_, count) => makeWheel({ name: 'shared', version: `1.${count}` }))
        await uploadAll(shared)
        const own = Array.from({ length: 50 }, (_, count) => makeWheel({ name: `own-${count}`, version: '1.0' }))
        await uploadAll(own)

        expect((await verify(uploads.bucket, { deep: false })).problems).toEqual([])
        const { html, projects } = await readIndex(uploads.bucket)
        const names = (files: { filename: string }[] = []) => files.map(({ filename }) => filename).sort()
        expect(projects.sort()).toEqual(['shared', ...own.map((_, count) => `own-${count}`)].sort())
        expect(names(html.get('shared'))).toEqual(names(shared))
        own.forEach((file, count) => expect(names(html.get(`own-${count}`))).toEqual([file.filename]))
        await another.stop()
        await uploads.stop()
    },
)
