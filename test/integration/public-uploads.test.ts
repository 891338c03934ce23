import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeWheel } from '../support/distributions/distributions.js'
import { publish } from '../support/nginx/public-index.js'
import { pypiFile, pypiFiles, pypiPage } from '../support/public/pypi-page.js'
import { request } from '../support/requests/raw-request.js'
import { sendUpload } from '../support/uploads/send-upload.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'
import { startPypi, type PypiServer } from '../support/upstreams/pypi-server.js'

const json = 'application/vnd.pypi.simple.v1+json'
const html = 'text/html'
const six = pypiPage('six', [
    pypiFile('six-1.16.0-py2.py3-none-any.whl', '2020-01-02T03:04:05Z'),
    pypiFile('six-1.17.0.tar.gz', '2021-01-02T03:04:05Z'),
])
const [wheel, sdist] = six.files.map(({ url }) => url.replace(pypiFiles, '/packages/'))
const own = makeWheel({ name: 'six', version: '99' })

/** What is decided about a file, and the file, are asked for again after a second, not after ten and sixty. */
const impatient = (_name: string, content: string) =>
    content.replaceAll('max-age=10', 'max-age=1').replace('200 206 60s', '200 206 1s')

let pypi: PypiServer
let uploads: UploadIndex
beforeEach(async () => {
    pypi = await startPypi()
    publish(pypi, six)
    uploads = await startUploadIndex({ public: pypi.url, cached: true, pageTtl: '3600', edit: impatient })
})
afterEach(async () => {
    await uploads.stop()
    await pypi.close()
})

const page = async (Accept: string, path = '/simple/six/') =>
    (await request(uploads.index.port, path, { headers: { Accept } })).body.toString()
const fileStatus = async (path: string) => (await request(uploads.index.port, path)).status
const forms = [json, html, 'application/vnd.pypi.simple.v1+html']

test.each([
    ['cached', true],
    ['not cached', false],
])('a project is uploaded whose public page is %s: only the upload is on its pages', async (_name, isCached) => {
    if (isCached) {
        for (const form of [...forms, ...forms]) expect(await page(form)).toContain('six-1.17.0.tar.gz')
    }
    expect(await sendUpload(uploads.index.port, own, { name: 'six' })).toMatchObject({ status: 200 })
    const asked = pypi.requests.length
    for (const path of ['/simple/six/', '/six/']) {
        for (const form of forms) {
            const text = await page(form, path)
            expect([form, text]).toEqual([form, expect.stringContaining(own.filename)])
            expect(text).not.toMatch(/six-1\.1[67]|packages\//)
        }
    }
    expect(pypi.requests).toHaveLength(asked)
})

test('the public files of an uploaded project do not come from the public index any more', async () => {
    expect(await fileStatus(wheel!)).toBe(200)
    expect(await sendUpload(uploads.index.port, own, { name: 'six' })).toMatchObject({ status: 200 })
    pypi.requests.length = 0
    expect(await fileStatus(sdist!)).toBe(403)
    expect(await fileStatus(`${wheel}.metadata`)).toBe(403)
    // One in the cache is served until nginx asks again whether it may be.
    await expect.poll(() => fileStatus(wheel!), { timeout: 20_000 }).toBe(403)
    expect(pypi.requests).toEqual([])
    expect(await fileStatus(`/simple/six/${own.filename}`)).toBe(200)
})

test('an upload that is refused takes nothing away', async () => {
    expect(await page(json)).toContain('six-1.17.0.tar.gz')
    expect(await sendUpload(uploads.index.port, own, { name: 'six', sha256_digest: '0'.repeat(64) })).toMatchObject({
        status: 400,
    })
    expect(await page(json)).toContain('six-1.17.0.tar.gz')
    expect(await fileStatus(wheel!)).toBe(200)
})
