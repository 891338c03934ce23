import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSdist, makeWheel } from '../support/distributions/distributions.js'
import { missingFor } from '../support/python/python-clients.js'
import { attestationOf } from '../support/uploads/attestations.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'
import { runUploadTool, uploadTools, type UploadTool } from './upload-tools.js'

let uploads: UploadIndex
beforeAll(async () => {
    uploads = await startUploadIndex({ cached: true })
})
afterAll(() => uploads.stop())

const named = (name: string) => uploadTools.find((tool) => tool.name === name)!
const tools: UploadTool[] = [named('uv 0.13.9'), { ...named('twine 7.0.0'), section: 'twine with attestations' }]

// The tools send attestations without verifying them, so that a form without a valid signature does.
describe.each(tools)('$name', (tool) => {
    const missing = missingFor(tool.requirements)

    test.skipIf(missing !== undefined)(
        'uploads the attestations beside its files, and shows why they are refused',
        { timeout: 600_000 },
        async () => {
            const name = `attested-${tool.name.split(' ')[0]}`
            const files = [makeWheel({ name, version: '1.0' }), await makeSdist({ name, version: '1.0' })]
            const attestations = files.map((file) => ({
                filename: `${file.filename}.publish.attestation`,
                bytes: Buffer.from(JSON.stringify(attestationOf(file))),
            }))
            const { url } = uploads.index
            await runUploadTool(tool, url, name, [...files, ...attestations])
            const answer = await fetch(`${uploads.index.url}/simple/${name}/`, {
                headers: { Accept: 'application/vnd.pypi.simple.v1+json' },
            })
            const page = (await answer.json()) as { files: { filename: string; provenance?: string }[] }
            expect(page.files).toHaveLength(2)
            for (const file of files) {
                const { provenance } = page.files.find(({ filename }) => filename === file.filename)!
                const stored = await fetch(`${uploads.index.url}/simple/${name}/${provenance}`)
                expect(await stored.json()).toMatchObject({
                    attestation_bundles: [{ attestations: [attestationOf(file)] }],
                })
            }

            const next = makeWheel({ name, version: '2.0' })
            const wrong = {
                filename: `${next.filename}.publish.attestation`,
                bytes: Buffer.from(JSON.stringify(attestationOf(files[0]!))),
            }
            const said = await runUploadTool(tool, url, name, [next, wrong]).then(
                () => 'uploaded',
                (error: Error & { stdout?: string; stderr?: string }) => [error.stdout, error.stderr].join(''),
            )
            expect(said.replace(/\s+/g, ' ')).toContain(`attestation 1 of ${next.filename} is about`)
            expect(await uploads.keys()).not.toContain(`${name}/${next.filename}`)
        },
    )
})
