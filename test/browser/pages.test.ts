import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publishCounts, readPublished } from '../../scripts/downloads/publish-counts.js'
import { readLogs } from '../../scripts/downloads/read-logs.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { missingChromium, openPage, seriousFaults, startBrowser } from '../support/browser/browser.js'
import { makeWebBucket } from '../support/browser/web-index.js'
import { logLine } from '../support/logs/access-log.js'
import { describeWhere } from '../support/machine/requirements.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'

describeWhere('pages for people', missingChromium(), () => {
    let s3: S3Server
    let bucket: Bucket
    let index: Index
    let browser: Browser

    beforeAll(async () => {
        s3 = await startS3('embedded')
        bucket = await makeWebBucket(s3)
        index = await startIndex({
            endpointUrl: s3.endpoint,
            bucket: bucket.name,
            environment: environmentOf(s3),
            cached: true,
        })
        browser = await startBrowser()
    })
    afterAll(async () => {
        await browser?.close()
        await index?.stop()
        await s3?.close()
    })

    test('the list: counts, recent projects, summaries', async () => {
        const opened = await openPage(browser, `${index.url}/`)
        const { page } = opened
        await page.getByRole('heading', { name: '5 projects' }).waitFor()
        await page.getByText('A library of quaternions').waitFor()
        await page.getByRole('heading', { name: 'Recently published' }).waitFor()
        expect(await page.locator('.results .name').allTextContents()).toEqual([
            'acme-tools',
            'acme-web',
            'my-acme',
            'other-lib',
            'zebra',
        ])
        // The yanked 1.11 and the pre-release are not what installers choose.
        expect(await page.locator('.results li', { hasText: 'acme-tools' }).textContent()).toContain('1.10')
        expect(await page.locator('.address code').textContent()).toBe(`${index.url}/simple/`)
        expect(await seriousFaults(opened)).toEqual([])
        await opened.close()
    })

    test('search by name and by summary, with the keyboard alone', async () => {
        const opened = await openPage(browser, `${index.url}/`)
        const { page } = opened
        await page.getByText('A library of quaternions').waitFor()
        await page.keyboard.press('/')
        await page.keyboard.type('Acme')
        const names = page.locator('.results .name')
        await page.getByRole('heading', { name: '3 results' }).waitFor()
        expect(await names.allTextContents()).toEqual(['acme-tools', 'acme-web', 'my-acme'])
        expect(new URL(page.url()).search).toBe('?q=Acme')
        await page.keyboard.press('ControlOrMeta+a')
        await page.keyboard.type('quaternions')
        await page.getByRole('heading', { name: '1 result', exact: true }).waitFor()
        expect(await names.allTextContents()).toEqual(['other-lib'])
        await page.keyboard.press('ControlOrMeta+a')
        await page.keyboard.type('nothing like this')
        await page.getByText('contains these words').waitFor()
        await page.keyboard.press('ControlOrMeta+a')
        await page.keyboard.type('acme')
        await page.getByRole('heading', { name: '3 results' }).waitFor()
        await page.keyboard.press('ArrowDown')
        await page.keyboard.press('ArrowDown')
        await page.keyboard.press('Enter')
        await page.getByRole('heading', { level: 1, name: 'acme-web' }).waitFor()
        expect(page.url()).toBe(`${index.url}/-/project/acme-web/`)
        await opened.close()
    })

    test('a project: what its metadata say, its files, its versions', async () => {
        const opened = await openPage(browser, `${index.url}/-/project/Acme_Tools`)
        const { page } = opened
        await page.getByRole('heading', { level: 1, name: 'acme-tools 1.10' }).waitFor()
        expect(page.url()).toBe(`${index.url}/-/project/acme-tools/`)
        await page.getByRole('heading', { level: 3, name: 'Acme tools' }).waitFor()
        const description = page.locator('.description')
        expect(await description.locator('table').count()).toBe(1)
        expect(await description.locator('img').count()).toBe(0)
        expect(await description.getByRole('link', { name: 'build' }).getAttribute('href')).toBe(
            'https://img.example.com/badge.svg',
        )
        expect(await description.getByRole('link', { name: 'Usage' }).getAttribute('href')).toBe('#description-usage')
        const side = page.locator('.side')
        for (const text of ['>=3.9', 'MIT', 'Jane Doe', 'web', 'Python › 3', 'example.com']) {
            expect(await side.textContent()).toContain(text)
        }
        // Only what this index has is linked.
        await side.getByRole('link', { name: 'Other_Lib' }).waitFor()
        expect(await side.getByRole('link', { name: 'elsewhere' }).count()).toBe(0)
        expect(await page.locator('.versions a').allTextContents()).toEqual(['2.0rc1', '1.11', '1.10', '1.9', '1.0'])
        expect(await page.locator('.install code').textContent()).toBe(
            `pip install --index-url ${index.url}/simple/ acme-tools`,
        )
        await page.getByRole('button', { name: 'uv', exact: true }).click()
        expect(await page.locator('.install code').textContent()).toContain('uv add --default-index')
        const files = page.locator('.files > li')
        expect(await files.count()).toBe(2)
        expect(await files.first().textContent()).toMatch(/py3.*any platform.*SHA-256 [0-9a-f]{64}/)
        expect(await seriousFaults(opened)).toEqual([])
        const [download] = await Promise.all([page.waitForEvent('download'), files.first().locator('.file').click()])
        expect(download.suggestedFilename()).toMatch(/^acme_tools-1\.10/)
        await opened.close()
    })

    test('downloads: of the project, of its versions, and the most downloaded', async () => {
        const packageIndex = new PackageIndex(bucket)
        const file = path.join(await temporaryFolder(), 'access.log')
        const uri = (version: string) => `/simple/acme-tools/acme_tools-${version}-py3-none-any.whl`
        const lines = ['1.10', '1.10', '1.9'].map((version) => logLine({ project: 'acme-tools', uri: uri(version) }))
        await writeFile(file, lines.join(''))
        const { counts, cursors } = await readLogs([file])
        await publishCounts(packageIndex, await readPublished(packageIndex), counts, cursors)
        const opened = await openPage(browser, `${index.url}/-/project/acme-tools/`)
        const { page } = opened
        await page.getByText('3 in 30 days').waitFor()
        const versions = page.locator('.versions li')
        expect(await versions.filter({ hasText: '1.10' }).textContent()).toContain('2 downloads')
        expect(await versions.filter({ hasText: '1.9' }).textContent()).toContain('1 download')
        expect(await page.locator('.chart rect').count()).toBe(90)
        expect(await seriousFaults(opened)).toEqual([])
        await page.getByRole('link', { name: 'Package index' }).click()
        await page.getByRole('heading', { name: 'Most downloaded' }).waitFor()
        expect(await page.locator('section', { hasText: 'Most downloaded' }).locator('a').allTextContents()).toEqual([
            'acme-tools',
        ])
        await opened.close()
    })

    test('reStructuredText is rendered', async () => {
        const opened = await openPage(browser, `${index.url}/-/project/other-lib/`)
        const description = opened.page.locator('.description')
        await description.getByRole('heading', { name: 'Usage' }).waitFor()
        expect(await description.locator('pre').textContent()).toBe('import other\nother.call()')
        expect(await description.getByRole('link', { name: 'link' }).getAttribute('href')).toBe(
            'https://example.com/rst',
        )
        expect(await description.locator('li').allTextContents()).toEqual(['one', 'two'])
        expect(await description.textContent()).not.toMatch(/::|``|\*\*|`_/)
        await opened.close()
    })

    test('a yanked version says why, and the way to the newest', async () => {
        const opened = await openPage(browser, `${index.url}/-/project/acme-tools/1.11/`)
        const { page } = opened
        await page.getByText('This version is yanked').waitFor()
        expect(await page.locator('.notice').first().textContent()).toContain('breaks on <b>Python</b> 3.13')
        expect(await page.locator('.install code').textContent()).toContain('acme-tools==1.11')
        await page.locator('.notice').getByRole('link', { name: '1.10' }).click()
        await page.getByRole('heading', { level: 1, name: 'acme-tools 1.10' }).waitFor()
        await opened.close()
    })

    test.each([
        ['acme-tolls', ['acme-tools']],
        ['zebr', ['zebra']],
    ])('an unknown project, %s, has near names', async (name, near) => {
        const opened = await openPage(browser, `${index.url}/-/project/${name}/`)
        await opened.page.getByText('There is no such project here.').waitFor()
        await opened.page.getByRole('heading', { name: 'Similar names' }).waitFor()
        expect(await opened.page.locator('main .plain a').allTextContents()).toEqual(near)
        expect(await seriousFaults(opened)).toEqual([])
        await opened.close()
    })

    test('a version that does not exist', async () => {
        const opened = await openPage(browser, `${index.url}/-/project/acme-tools/9.9/`)
        await opened.page.getByText('There is no version 9.9').waitFor()
        expect(await opened.page.locator('.versions a').count()).toBe(5)
        await opened.close()
    })

    test.each(['/', '/-/project/acme-tools/'])('%s in the dark', async (path) => {
        const opened = await openPage(browser, index.url + path, { colorScheme: 'dark' })
        await opened.page.getByText('Tools for acme').waitFor()
        const ground = await opened.page.evaluate('getComputedStyle(document.body).backgroundColor')
        expect(ground).toBe('rgb(18, 24, 22)')
        expect(await seriousFaults(opened)).toEqual([])
        await opened.close()
    })

    test.each(['/', '/-/project/acme-tools/', '/-/project/no-such-thing/'])('%s on 375 pixels', async (path) => {
        const opened = await openPage(browser, index.url + path, { viewport: { width: 375, height: 700 } })
        await opened.page.locator('main h1').waitFor()
        await opened.page.waitForLoadState('networkidle')
        const width = await opened.page.evaluate('document.documentElement.scrollWidth')
        expect(width).toBe(375)
        await opened.close()
    })

    test('without JavaScript: the way to the plain index', async () => {
        const opened = await openPage(browser, `${index.url}/`, { javaScriptEnabled: false })
        await opened.page.getByRole('link', { name: 'The plain index' }).click()
        await opened.page.getByRole('link', { name: 'acme-tools' }).click()
        await opened.page.getByRole('link', { name: 'acme_tools-1.10-py3-none-any.whl' }).waitFor()
        await opened.close()
    })
})
