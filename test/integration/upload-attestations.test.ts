import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { planRemoval, remove } from '../../scripts/manage/remove.js'
import { publish } from '../../scripts/publish/publish.js'
import { makeSdist, makeWheel, writeDistributions, type Distribution } from '../support/distributions/distributions.js'
import { attestationOf, statementOf } from '../support/uploads/attestations.js'
import { sendUpload } from '../support/uploads/send-upload.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'

const jsonType = 'application/vnd.pypi.simple.v1+json'
const field = (...attestations: unknown[]) => ({ attestations: JSON.stringify(attestations) })

describe.each([
    ['without a cache', {}],
    ['with a cache and a prefix', { cached: true, prefix: 'team-a/' }],
    ['with redirects', { cached: true, delivery: 'redirect' as const }],
])('%s', (_name, options) => {
    let uploads: UploadIndex
    beforeAll(async () => {
        uploads = await startUploadIndex(options)
    })
    afterAll(() => uploads.stop())

    const page = (project: string, type: string) =>
        fetch(`${uploads.index.url}/simple/${project}/`, { headers: { Accept: type } })
    const problems = async () => (await verify(uploads.bucket, { deep: true })).problems

    /** The provenance of each file, at the URL that the page says. */
    async function provenances(project: string): Promise<Record<string, unknown>> {
        const { files } = (await (await page(project, jsonType)).json()) as {
            files: { filename: string; provenance?: string }[]
        }
        const found: Record<string, unknown> = {}
        for (const { filename, provenance } of files) {
            if (provenance === undefined) continue
            const answer = await fetch(new URL(provenance, `${uploads.index.url}/simple/${project}/`), {
                redirect: 'error',
            })
            expect(answer.headers.get('content-type')).toBe('application/vnd.pypi.integrity.v1+json')
            found[filename] = await answer.json()
        }
        return found
    }

    const expected = (...attestations: unknown[]) => ({
        version: 1,
        attestation_bundles: [{ publisher: { kind: 'nginx-s3-pypi', claims: {} }, attestations }],
    })

    test('attestations are on the pages and beside the file, until it is removed', async () => {
        const wheel = makeWheel({ name: 'attested', version: '1.0+cu12' })
        const sdist = await makeSdist({ name: 'attested', version: '1.0+cu12' })
        const given = { version: '1.0+cu12', ...field(attestationOf(wheel)) }
        expect(await sendUpload(uploads.index.port, wheel, given)).toMatchObject({ status: 200 })
        expect((await sendUpload(uploads.index.port, sdist, { version: '1.0+cu12' })).status).toBe(200)
        const all = { [wheel.filename]: expected(attestationOf(wheel)) }
        expect(await provenances('attested')).toEqual(all)
        const html = await (await page('attested', 'text/html')).text()
        const address = `${encodeURIComponent(wheel.filename)}.provenance`
        expect(html.match(/data-provenance="[^"]*"/g)).toEqual([`data-provenance="${address}"`])
        expect((await fetch(`${uploads.index.url}/simple/attested/${sdist.filename}.provenance`)).status).toBe(404)
        expect(await problems()).toEqual([])

        // Neither a rebuild nor publish-package forgets it.
        const index = new PackageIndex(uploads.bucket)
        const changes = async (deep: boolean) =>
            // Debian 12's nginx stores pages uncompressed, which a rebuild compresses.
            (await rebuild(index, { deep })).changed.flatMap(({ added, changed, removed, written, deleted }) => [
                ...[...added, ...changed, ...removed, ...written, ...deleted],
            ])
        expect(await changes(false)).toEqual([])
        await publish(uploads.bucket, await writeDistributions(wheel, sdist))
        expect(await changes(true)).toEqual([])
        await uploads.bucket.delete(['attested/index.json', 'attested/index.html'])
        await rebuild(index, {})
        expect(await problems()).toEqual([])

        await remove(index, await planRemoval(index, 'attested', [wheel.filename]))
        const left = (await uploads.keys()).filter((key) => key.startsWith('attested/'))
        expect(left).toEqual([`attested/${sdist.filename}`, 'attested/index.html', 'attested/index.json'])
    })

    test('the attestations of the first upload stay', async () => {
        const file = makeWheel({ name: 'again', version: '1.0' })
        const first = attestationOf(file)
        const second = attestationOf(file, { ...statementOf(file), predicateType: 'https://slsa.dev/provenance/v1' })
        // A file that was uploaded without gets them later.
        expect((await sendUpload(uploads.index.port, file)).text).toMatch(/^uploaded /)
        expect(await provenances('again')).toEqual({})
        for (const [changes, said] of [
            [field(first), /^present /],
            [field(first), /^present /],
            [{}, /^present /],
            [field(second), /^kept the earlier attestations of again/],
        ] as const) {
            expect(await sendUpload(uploads.index.port, file, changes)).toMatchObject({
                status: 200,
                text: expect.stringMatching(said),
            })
        }
        const stored = await uploads.bucket.get(`again/${file.filename}.provenance`)
        expect(JSON.parse(String(stored?.body))).toEqual(expected(first))
        expect(await problems()).toEqual([])
    })

    test('an interrupted upload is completed, what a deleted file left is replaced, and --overwrite forgets', async () => {
        const file = makeWheel({ name: 'left', version: '1.0' })
        const other = makeWheel({ name: 'left', version: '1.0', summary: 'another build' })
        const write = (of: Distribution) =>
            uploads.bucket.write(
                `left/${file.filename}.provenance`,
                Buffer.from(JSON.stringify(expected(attestationOf(of)))),
                {
                    contentType: 'text/plain',
                    cacheControl: 'no-cache',
                },
            )
        await sendUpload(uploads.index.port, file)
        await write(file)
        // Killed after FILE.provenance: the page does not say it.
        expect((await problems()).length).toBe(1)
        await sendUpload(uploads.index.port, file)
        expect(await problems()).toEqual([])
        await write(other)
        await sendUpload(uploads.index.port, file, field(attestationOf(file)))
        expect(await uploads.bucket.get(`left/${file.filename}.provenance`)).toMatchObject({
            body: Buffer.from(JSON.stringify(expected(attestationOf(file))) + '\n'),
        })
        await publish(uploads.bucket, await writeDistributions(other), { overwrite: true })
        expect(await uploads.keys()).not.toContain(`left/${file.filename}.provenance`)
        expect(await problems()).toEqual([])
    })

    test.each<[string, (file: Distribution) => string, RegExp]>([
        ['not JSON', () => '[', /not a JSON list/],
        ['an object', () => '{}', /not a JSON list/],
        ['none', () => '[]', /is empty/],
        ['10,000', () => `[${'{},'.repeat(9999)}{}]`, /at most 16/],
        ['a megabyte', () => ' '.repeat(1024 * 1024), /at most 262144/],
        ['nested deeply', () => '['.repeat(100_000) + ']'.repeat(100_000), /JSON list|attestation 1/],
        [
            'another file',
            (file) => JSON.stringify([attestationOf({ ...file, filename: 'a-1.zip' })]),
            /about "a-1.zip"/,
        ],
        ['other bytes', (file) => JSON.stringify([attestationOf({ ...file, bytes: Buffer.from('x') })]), /sha256 "/],
        ['one of two', (file) => JSON.stringify([attestationOf(file), {}]), /attestation 2 of/],
        ['a line break', (file) => JSON.stringify([attestationOf({ ...file, filename: 'a\r\nb: c' })]), /is about "a/],
    ])('attestations are refused, and nothing is stored: %s', async (_name, attestations, reason) => {
        const before = await uploads.keys()
        const file = makeWheel({ name: 'hostile', version: '1.0' })
        const answer = await sendUpload(uploads.index.port, file, { attestations: attestations(file) })
        expect(answer).toMatchObject({ status: 400, text: expect.stringMatching(reason) })
        expect(answer.reason).toBe(answer.text.split('\n')[0])
        expect(await uploads.keys()).toEqual(before)
    })
})
