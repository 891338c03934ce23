import { chmod, rename, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { publish, withPublicIndex } from '../support/nginx/public-index.js'
import { pypiFile, pypiFiles, pypiPage } from '../support/public/pypi-page.js'
import { request } from '../support/requests/raw-request.js'

const json = 'application/vnd.pypi.simple.v1+json'
const six = pypiPage('six', [
    pypiFile('six-1.16.0-py2.py3-none-any.whl', '2020-01-02T03:04:05Z'),
    pypiFile('six-1.17.0.tar.gz', '2021-01-02T03:04:05Z'),
])
const [wheel, sdist] = six.files.map(({ url }) => url.replace(pypiFiles, '/packages/'))

/** What is decided is decided again after a second, not after ten and sixty. */
const impatient = (_name: string, content: string) =>
    content.replaceAll('max-age=10', 'max-age=1').replace('200 206 60s', '200 206 1s')
const soon = { timeout: 20_000 }

test.each([
    ['written', async (file: string, text: string) => writeFile(file, text)],
    [
        'replaced by an editor',
        async (file: string, text: string) => {
            await writeFile(`${file}.new`, text)
            await rename(`${file}.new`, file)
        },
    ],
])('rules that are %s bind pages and files that are cached, without a reload', async (_name, write) => {
    const folder = await temporaryFolder()
    await chmod(folder, 0o755)
    const deny = `${folder}/deny.txt`
    await writeFile(deny, '')
    await withPublicIndex({}, { deny, edit: impatient }, async (index, pypi) => {
        publish(pypi, six)
        const page = async (Accept: string) =>
            (await request(index.port, '/simple/six/', { headers: { Accept } })).body.toString()
        const file = async (path: string) => (await request(index.port, path)).status
        for (const form of [json, 'text/html']) expect(await page(form)).toContain('six-1.16.0')
        expect(await file(wheel!)).toBe(200)

        await write(deny, 'six==1.16.* CVE-2026-1\n')
        for (const form of [json, 'text/html']) {
            await expect.poll(() => page(form), soon).not.toContain('six-1.16.0')
            expect(await page(form)).toContain('six-1.17.0')
        }
        await expect.poll(() => file(wheel!), soon).toBe(403)
        expect(await file(sdist!)).toBe(200)

        await write(deny, 'si*\n')
        const status = async () => (await request(index.port, '/simple/six/', { headers: { Accept: json } })).status
        await expect.poll(status, soon).toBe(404)
        await expect.poll(() => file(sdist!), soon).toBe(403)

        await write(deny, '# nothing\n')
        await expect.poll(() => page(json), soon).toContain('six-1.16.0')
        await expect.poll(() => file(wheel!), soon).toBe(200)
        await expect.poll(() => file(sdist!), soon).toBe(200)
    })
})

test('rules that nginx cannot read: nothing more is served, and the log has the cause', async () => {
    const folder = await temporaryFolder()
    await chmod(folder, 0o755)
    const deny = `${folder}/deny.txt`
    await withPublicIndex({}, { deny }, async (index, pypi) => {
        publish(pypi, six)
        for (const prepare of [async () => {}, async () => (await writeFile(deny, ''), await chmod(deny, 0o600))]) {
            await prepare()
            expect((await request(index.port, '/simple/six/', { headers: { Accept: json } })).status).toBe(503)
            const file = await request(index.port, wheel!)
            expect([file.status, file.body.toString()]).toEqual([403, expect.stringContaining('rules cannot be read')])
        }
        expect(pypi.requests).toEqual([])
        expect(index.log()).toContain(deny)
    })
})

test('with --stale, a file in the cache is not served while a line is wrong', async () => {
    const folder = await temporaryFolder()
    await chmod(folder, 0o755)
    const deny = `${folder}/deny.txt`
    await writeFile(deny, '')
    await withPublicIndex({}, { deny, edit: impatient, stale: true }, async (index, pypi) => {
        publish(pypi, six)
        const status = async () => (await request(index.port, wheel!)).status
        expect(await status()).toBe(200)
        await writeFile(deny, 'six==1.16.0 bad\nother line [\n')
        await expect.poll(status, soon).toBe(403)
        await writeFile(deny, 'other\n')
        await expect.poll(status, soon).toBe(200)
    })
})

test('a file whose name no project has is refused, and nobody is asked', async () => {
    await withPublicIndex({}, {}, async (index, pypi) => {
        for (const filename of ['a+b-1.0.tar.gz', '_x-1.0.tar.gz', 'a!~', `${'a-'.repeat(100)}1.0.egg`]) {
            const path = pypiFile(filename, '').url.replace(pypiFiles, '/packages/')
            expect([filename, (await request(index.port, path)).status]).toEqual([filename, 403])
        }
        expect(pypi.requests).toEqual([])
        expect(index.log()).not.toContain('[error]')
    })
})
