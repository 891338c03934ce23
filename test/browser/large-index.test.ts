import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { summariesKey } from '../../core/index/summaries.js'
import { toRootJson } from '../../core/root-page.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { missingChromium, openPage, seriousFaults, startBrowser } from '../support/browser/browser.js'
import { describeWhere } from '../support/machine/requirements.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'

const headers = {
    contentType: 'application/vnd.pypi.simple.v1+json',
    cacheControl: 'no-cache',
    contentEncoding: 'gzip' as const,
}

const words = ['data', 'auth', 'http', 'core', 'tools', 'async', 'billing', 'report', 'stream', 'image']

/** 100,000 names of two words and a number. */
const names = Array.from(
    { length: 100_000 },
    (_, at) => `${words[at % 10]}-${words[Math.floor(at / 10) % 10]}-${Math.floor(at / 100)}`,
)

/** A summary of each but the last: the app reads that one itself. */
const summaries = Object.fromEntries(names.slice(0, -1).map((name, at) => [name, `Serves customer ${at}`]))

/** A page of 5,000 files: 500 versions with ten wheels each. */
function largePage(): string {
    const files = Array.from({ length: 5000 }, (_, at) => {
        const filename = `large-${Math.floor(at / 10)}.0-cp3${at % 10}-cp3${at % 10}-manylinux_2_17_x86_64.whl`
        const hashes = { sha256: at.toString(16).padStart(64, '0') }
        return {
            filename,
            url: filename,
            hashes,
            size: 1000 + at,
            'upload-time': '2026-01-02T03:04:05Z',
            yanked: false,
        }
    })
    return JSON.stringify({ meta: { 'api-version': '1.4' }, name: 'large', versions: [], files })
}

describeWhere('a large index', missingChromium(), () => {
    let s3: S3Server
    let bucket: Bucket
    let index: Index
    let browser: Browser

    beforeAll(async () => {
        s3 = await startS3('embedded')
        bucket = await newBucket(s3)
        await bucket.write('index.json', gzipSync(toRootJson({ projects: [...names, 'large'].sort() })), headers)
        const json = JSON.stringify({ meta: { version: 1 }, summaries })
        await bucket.write(summariesKey, gzipSync(json), { ...headers, contentType: 'application/json' })
        await bucket.write('large/index.json', gzipSync(largePage()), headers)
        const options = { endpointUrl: s3.endpoint, bucket: bucket.name, environment: environmentOf(s3) }
        index = await startIndex({ ...options, cached: true })
        browser = await startBrowser()
    })
    afterAll(async () => {
        await browser?.close()
        await index?.stop()
        await s3?.close()
    })

    test('100,000 projects: search finds while the reader types', async () => {
        const opened = await openPage(browser, `${index.url}/`)
        const { page } = opened
        await page.getByRole('heading', { name: '100,001 projects' }).waitFor()
        await page.keyboard.press('/')
        await page.keyboard.type('billing report')
        await page.getByRole('heading', { name: '2,000 results' }).waitFor()
        await page.keyboard.press('ControlOrMeta+a')
        await page.keyboard.type('image-stream-777')
        await page.getByRole('heading', { name: '1 result', exact: true }).waitFor()
        expect(await page.locator('.results .name').allTextContents()).toEqual(['image-stream-777'])
        await page.keyboard.press('ControlOrMeta+a')
        await page.keyboard.type('large')
        await page.keyboard.press('Enter')
        await page.getByRole('heading', { level: 1, name: 'large 499.0' }).waitFor()
        await opened.close()
    })

    test('100,000 projects: search also finds stored summaries', async () => {
        const opened = await openPage(browser, `${index.url}/`)
        const { page } = opened
        await page.getByRole('heading', { name: '100,001 projects' }).waitFor()
        await page.keyboard.press('/')
        await page.keyboard.type('customer 54321')
        await page.getByRole('heading', { name: '1 result', exact: true }).waitFor()
        expect(await page.locator('.results .name').allTextContents()).toEqual([names[54321]])
        expect(await page.locator('.results .summary').textContent()).toBe(summaries[names[54321]!])
        await page.keyboard.press('ControlOrMeta+a')
        await page.keyboard.type('customer nobody')
        await page.getByText('No name or summary contains these words').waitFor()
        await opened.close()
    })

    test('search also finds stored summaries when many projects have none', async () => {
        const some = Object.fromEntries(Object.entries(summaries).slice(0, 60_000))
        const json = JSON.stringify({ meta: { version: 1 }, summaries: some })
        await bucket.write(summariesKey, gzipSync(json), { ...headers, contentType: 'application/json' })
        const options = { endpointUrl: s3.endpoint, bucket: bucket.name, environment: environmentOf(s3) }
        const other = await startIndex({ ...options, cached: true })
        const opened = await openPage(browser, `${other.url}/?q=customer+54321`)
        const { page } = opened
        await page.getByRole('heading', { name: '1 result', exact: true }).waitFor()
        expect(await page.locator('.results .name').allTextContents()).toEqual([names[54321]])
        await page.keyboard.press('/')
        await page.keyboard.type('customer 76543')
        await page.getByText('No name or summary contains these words').waitFor()
        await opened.close()
        await other.stop()
    })

    test('100,000 projects: an unknown name has near names', async () => {
        const opened = await openPage(browser, `${index.url}/-/project/image-straem-777/`)
        await opened.page.getByRole('link', { name: 'image-stream-777' }).waitFor()
        await opened.close()
    })

    test('a page of 5,000 files: versions and files in parts', async () => {
        const opened = await openPage(browser, `${index.url}/-/project/large/`)
        const { page } = opened
        await page.getByRole('heading', { name: '500 versions' }).waitFor()
        expect(await page.locator('.versions li').count()).toBe(20)
        expect(await page.locator('.files > li').count()).toBe(10)
        await page.locator('.side').getByRole('button', { name: 'Show more' }).click()
        expect(await page.locator('.versions li').count()).toBe(220)
        expect(await page.locator('.versions a').first().textContent()).toBe('499.0')
        expect(await seriousFaults(opened)).toEqual([])
        await opened.close()
    })
})
