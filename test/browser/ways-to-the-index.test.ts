import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { missingChromium, openPage, startBrowser } from '../support/browser/browser.js'
import { makeWebBucket, metadataText } from '../support/browser/web-index.js'
import { describeWhere } from '../support/machine/requirements.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { publish as publishPublic } from '../support/nginx/public-index.js'
import { startIndex, type Index, type IndexOptions } from '../support/nginx/start-index.js'
import { pypiFile, pypiFiles, pypiPage } from '../support/public/pypi-page.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'
import { startPypi } from '../support/upstreams/pypi-server.js'

describeWhere('ways to the pages for people', missingChromium(), () => {
    let s3: S3Server
    let bucket: Bucket
    let browser: Browser

    beforeAll(async () => {
        s3 = await startS3('embedded')
        bucket = await makeWebBucket(s3)
        browser = await startBrowser()
    })
    afterAll(async () => {
        await browser?.close()
        await s3?.close()
    })

    const start = (options: Partial<IndexOptions>): Promise<Index> =>
        startIndex({ endpointUrl: s3.endpoint, bucket: bucket.name, environment: environmentOf(s3), ...options })

    test.each([false, true])('with a password; cached: %s', async (cached) => {
        const folder = await temporaryFolder()
        await chmod(folder, 0o755)
        const htpasswd = path.join(folder, 'htpasswd')
        await writeFile(htpasswd, 'ci:{PLAIN}secret\n', { mode: 0o644 })
        const index = await start({ cached, htpasswd })
        const httpCredentials = { username: 'ci', password: 'secret' }
        const opened = await openPage(browser, `${index.url}/-/project/acme-tools/`, { httpCredentials })
        await opened.page.getByRole('heading', { level: 3, name: 'Acme tools' }).waitFor()
        const line = opened.page.locator('.install code')
        expect(await line.textContent()).toContain('http://USER:TOKEN@127.0.0.1')
        // What these store is committed with the project.
        await opened.page.getByRole('button', { name: 'poetry', exact: true }).click()
        expect(await line.textContent()).toBe(
            `poetry source add --priority=primary private ${index.url}/simple/\n` +
                'poetry config http-basic.private USER TOKEN\npoetry add --source private acme-tools',
        )
        await opened.page.getByRole('button', { name: 'pdm', exact: true }).click()
        expect(await line.textContent()).toBe(
            `pdm config --local pypi.url ${index.url}/simple/\n` +
                'export PDM_PYPI_USERNAME=USER PDM_PYPI_PASSWORD=TOKEN\npdm add acme-tools',
        )
        await opened.close()
        const stranger = await openPage(browser, `${index.url}/`, {
            httpCredentials: { username: 'ci', password: 'x' },
        })
        await stranger.page.getByText('401').first().waitFor()
        await stranger.close()
        await index.stop()
    })

    test('files without a page of the index: what to do; the twin: an empty bucket', async () => {
        const files = await newBucket(s3)
        const options = { contentType: 'application/octet-stream', cacheControl: 'no-cache' }
        for (const version of ['1!2.0', '1!3.0']) {
            await files.write(`epoch/epoch-${version}.tar.gz`, Buffer.from('x'), options)
        }
        const index = await start({ bucket: files.name })
        const opened = await openPage(browser, `${index.url}/`)
        await opened.page.getByText('manage-index rebuild').waitFor()
        expect(await opened.page.getByText('The index is empty').count()).toBe(0)
        await opened.close()
        // History expansion would change what a shell reads.
        const project = await openPage(browser, `${index.url}/-/project/epoch/1!2.0/`)
        await project.page.getByRole('heading', { level: 1, name: 'epoch 1!2.0' }).waitFor()
        const line = `pip install --index-url ${index.url}/simple/ 'epoch==1!2.0'`
        expect(await project.page.locator('.install code').textContent()).toBe(line)
        await project.close()
        await index.stop()
        const empty = await start({ bucket: (await newBucket(s3)).name })
        const twin = await openPage(browser, `${empty.url}/`)
        await twin.page.getByRole('heading', { name: 'The index is empty' }).waitFor()
        await twin.close()
        await empty.stop()
    })

    test('behind a proxy that serves the index below another path', async () => {
        const index = await start({ cached: true })
        const proxy = http.createServer((request, response) => {
            if (!request.url!.startsWith('/team/pypi/')) return void response.writeHead(404).end()
            const { method, headers } = request
            const outgoing = http.request({
                port: index.port,
                path: request.url!.slice('/team/pypi'.length),
                method,
                headers,
            })
            outgoing.on('response', (answer) => answer.pipe(response.writeHead(answer.statusCode!, answer.headers)))
            request.pipe(outgoing)
        })
        proxy.listen(0, '127.0.0.1')
        await once(proxy, 'listening')
        const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/team/pypi/`
        const opened = await openPage(browser, url)
        const { page } = opened
        expect(await page.locator('.address code').textContent()).toBe(`${url}simple/`)
        await page.getByRole('link', { name: /^acme-tools.*Tools for acme/ }).click()
        await page.getByRole('heading', { level: 3, name: 'Acme tools' }).waitFor()
        expect(page.url()).toBe(`${url}-/project/acme-tools/`)
        await page.locator('.versions').getByRole('link', { name: '1.9' }).click()
        await page.getByRole('heading', { level: 1, name: 'acme-tools 1.9' }).waitFor()
        await page.getByRole('link', { name: 'Package index' }).click()
        await page.getByRole('heading', { name: '5 projects' }).waitFor()
        expect(page.url()).toBe(url)
        await opened.close()
        proxy.closeAllConnections()
        proxy.close()
        await index.stop()
    })

    test('a project that only the fallback has', async () => {
        const index = await start({ cached: true, fallback: true })
        const opened = await openPage(browser, `${index.url}/-/project/requests/`)
        await opened.page.getByText('installers are redirected to').waitFor()
        expect(await opened.page.getByRole('link', { name: 'pypi.org' }).getAttribute('href')).toBe(
            'https://pypi.org/project/requests/',
        )
        await opened.close()
        await index.stop()
    })

    test('a project of the public index: description, files; and one that neither has', async () => {
        const pypi = await startPypi()
        const file = pypiFile('six-1.17.0-py2.py3-none-any.whl', '2024-12-04T17:35:26Z')
        publishPublic(pypi, pypiPage('six', [file, pypiFile('six-1.18.0.tar.gz', new Date().toISOString())]))
        const fields = ['Summary: Python 2 and 3', 'Description-Content-Type: text/markdown']
        const metadata = metadataText('six', '1.17.0', fields, '# Six from elsewhere')
        pypi.files[`${file.url.slice(pypiFiles.length)}.metadata`] = metadata
        const index = await start({ cached: true, public: pypi.url, cooldown: '7d' })
        const opened = await openPage(browser, `${index.url}/-/project/six/`)
        await opened.page.getByRole('heading', { name: 'Six from elsewhere' }).waitFor()
        expect(await opened.page.locator('.versions').textContent()).toContain('1.17.0')
        expect(await opened.page.locator('.versions').textContent()).not.toContain('1.18.0')
        await opened.close()
        const missing = await openPage(browser, `${index.url}/-/project/sixth/`)
        await missing.page.getByText('sixth').first().waitFor()
        expect(await missing.page.locator('.versions').count()).toBe(0)
        await missing.close()
        await index.stop()
        await pypi.close()
    })
})
