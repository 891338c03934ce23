import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { missingChromium, openPage, startBrowser } from '../support/browser/browser.js'
import { publishHostile } from '../support/browser/web-index.js'
import { describeWhere } from '../support/machine/requirements.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'

const markdown = 'Description-Content-Type: text/markdown'
const rst = 'Description-Content-Type: text/x-rst'

/** What runs, loads, sends or imitates; each would be a fault or an element that is not allowed. */
const html = `
<script>alert(1)</script><script src="https://evil.example/x.js"></script>
<img src=x onerror=alert(1)> <img src="https://evil.example/pixel.gif" alt="pixel"><img srcset="https://evil.example/p.gif 2x">
<svg onload=alert(1)><script>alert(1)</script><use href="data:image/svg+xml,<svg/>"/></svg>
<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>
<a href="javascript:alert(1)">js</a> <a href=" jAvAsCrIpT&#58;alert(1)">js2</a> <a href="data:text/html,<script>alert(1)</script>">data</a>
<a href="//evil.example/x">protocol</a> <a href="/legacy/">relative</a> <a href="vbscript:x">vb</a>
<iframe src="https://evil.example/"></iframe><object data="x"></object><embed src="x"><base href="https://evil.example/">
<form action="https://evil.example/"><input name="password"><button>Sign in</button></form>
<style>body{display:none}</style><link rel="stylesheet" href="https://evil.example/x.css"><meta http-equiv="refresh" content="0;url=https://evil.example/">
<div style="position:fixed;inset:0;background:red" class="notice" id="page">covered</div>
<p id="content" name="cookie">clobbered</p>
<video src="https://evil.example/v"></video><picture><source srcset="https://evil.example/s"></picture>
<template><img src=x onerror=alert(1)></template><noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>
<a href="https://evil.example/login">https://pypi.org/login</a>
<a href="https://evil.example/bare">pypi.org</a> <a href="https://evil.example/see">See https://pypi.org</a>
<a href="https://evil.example/mark">\u200epypi.org</a> <a href="https://evil.example/same">evil.example/same.html</a>
`
const links =
    '[a](javascript:alert(1)) [b](data:text/html;base64,PHNjcmlwdD4=) ![c](javascript:alert(1)) <javascript:alert(1)>'

const fieldsWithMarkup = [
    'Summary: <img src=x onerror=alert(1)> \u202egnirts\u202c',
    'License: <script>alert(1)</script>',
    'Author: <b onclick=alert(1)>x</b>',
    'Keywords: <svg/onload=alert(1)>',
    'Home-page: javascript:alert(1)',
    'Project-URL: Source, data:text/html,<script>alert(1)</script>',
    'Project-URL: \u202eevil, https://user:pw@evil.example/',
    'Requires-Dist: <img src=x onerror=alert(1)>',
    'Requires-Dist: ok[<b>x</b>] >= <i>1</i> ; "<u>" in x',
    'Provides-Extra: "><script>alert(1)</script>',
    'Classifier: A :: <script>alert(1)</script>',
]

const projects: [name: string, fields: string[], description: string, shown: string][] = [
    ['html', [markdown], `# Title\n${html}\n${links}`, 'covered'],
    [
        'html-in-rst',
        [rst],
        `Title\n=====\n\n${html}\n\n.. raw:: html\n\n   <script>alert(1)</script>\n\n.. image:: javascript:alert(1)\n\n\`x <javascript:alert(1)>\`_ "><img src=x onerror=alert(1)>`,
        'alert(1)',
    ],
    ['html-in-text', ['Description-Content-Type: text/plain'], html, '<script>alert(1)</script>'],
    ['html-in-unknown', ['Description-Content-Type: text/html'], html, '<script>alert(1)</script>'],
    ['fields', [markdown, ...fieldsWithMarkup], 'harmless', 'harmless'],
    ['bidi', [markdown], '`rm -rf \u202e/ #ssalmrah\u202c`\n\nnull\u200bspace', '[U+202E]'],
    [
        'long-lines',
        [markdown],
        `${'x'.repeat(100_000)}\n\n| ${'y'.repeat(5000)} | b |\n|--|--|\n| 1 | 2 |\n\n\`\`\`\n${'z'.repeat(20_000)}\n\`\`\``,
        'xxx',
    ],
    ['deep', [markdown], `${'>'.repeat(20_000)} x\n\n${'- '.repeat(5000)}y\n\n${'<div>'.repeat(20_000)}z`, 'z'],
    ['quadratic', [markdown], `${'*a _b '.repeat(40_000)}\n${'['.repeat(50_000)}\n${'`'.repeat(30_000)}end`, 'a'],
    [
        'quadratic-rst',
        [rst],
        `${'**a *b `c <d '.repeat(20_000)}\n\n${'|'.repeat(50_000)}\n\n${'* '.repeat(5000)}e`,
        'a',
    ],
    ['slashes', [markdown], `text <a${' b=////////////'.repeat(40)}`, 'text'],
    [
        'opened-again',
        [markdown],
        `<p>${Array.from({ length: 400 }, (_, at) => `<b title=${at}>`).join('')}${'<p>x'.repeat(50_000)}`,
        // As text.
        '<p><b title=0>',
    ],
    ['empty-lines-in-rst', [rst], `.. note::\n${'\n'.repeat(240_000)} x`, 'Note'],
    ['many-elements-in-rst', [rst], '``x`` '.repeat(40_000), '``x``'],
    ['huge', [markdown], `# Huge\n\n${'word <b>x</b> '.repeat(400_000)}`, 'word'],
    ['many-fields', [markdown, ...Array.from({ length: 1500 }, (_, at) => `Requires-Dist: dep-${at}`)], 'text', 'text'],
]

describeWhere('hostile content', missingChromium(), () => {
    let s3: S3Server
    let bucket: Bucket
    let index: Index
    let browser: Browser

    beforeAll(async () => {
        s3 = await startS3('embedded')
        bucket = await newBucket(s3)
        for (const [name, fields, description] of projects) await publishHostile(bucket, name, fields, description)
        const options = { endpointUrl: s3.endpoint, bucket: bucket.name, environment: environmentOf(s3) }
        index = await startIndex({ ...options, cached: true })
        browser = await startBrowser()
    })
    afterAll(async () => {
        await browser?.close()
        await index?.stop()
        await s3?.close()
    })

    test.each(projects)(
        '%s: nothing runs, nothing is loaded, nothing imitates the page',
        async (name, _f, _d, shown) => {
            const opened = await openPage(browser, `${index.url}/-/project/${name}/`)
            const { page } = opened
            await page.locator('.description:visible, pre.text').first().waitFor()
            // Time for what would load or run later.
            await page.waitForLoadState('networkidle')
            const place = page.locator('.description:visible, pre.text')
            expect(await place.first().textContent()).toContain(shown)
            const forbidden =
                'script, style, link, meta, base, iframe, object, embed, form, input, button, img, svg, math, video, picture, source, template, [onclick], [onerror], [onload], [style], [name], .notice, #page, #content'
            expect(await page.locator('.description').locator(forbidden).count()).toBe(0)
            const targets = await page
                .locator('main a[href]')
                .evaluateAll((all) => all.map((link) => (link as unknown as { href: string }).href))
            expect(targets.filter((href) => !/^(?:https?:|mailto:)/.test(href))).toEqual([])
            // The page still answers, and is not covered.
            await page.getByRole('button', { name: 'pdm', exact: true }).click()
            expect(await page.locator('.install code').textContent()).toContain('pdm add')
            expect(await page.locator('h1').first().textContent()).toContain(name)
            expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1280)
            await opened.close()
        },
    )

    test('a link whose text names another host shows its own', async () => {
        const opened = await openPage(browser, `${index.url}/-/project/html/`)
        const link = opened.page.locator('.description a[href="https://evil.example/login"]')
        await link.waitFor()
        expect(await link.textContent()).toBe('https://pypi.org/login (evil.example)')
        const textOf = (path: string) =>
            opened.page.locator(`.description a[href="https://evil.example/${path}"]`).textContent()
        expect(await textOf('bare')).toBe('pypi.org (evil.example)')
        expect(await textOf('see')).toBe('See https://pypi.org (evil.example)')
        expect(await textOf('mark')).toBe('[U+200E]pypi.org (evil.example)')
        expect(await textOf('same')).toBe('evil.example/same.html')
        await opened.close()
    })

    test('fields are text, and reordering characters are visible', async () => {
        const opened = await openPage(browser, `${index.url}/-/project/fields/`)
        const { page } = opened
        await page.locator('.side dl').first().waitFor()
        expect(await page.locator('.band .summary').textContent()).toBe(
            '<img src=x onerror=alert(1)> [U+202E]gnirts[U+202C]',
        )
        expect(await page.locator('.side').textContent()).toContain('<script>alert(1)</script>')
        expect(await page.locator('.side').getByRole('link', { name: '[U+202E]evil' }).count()).toBe(1)
        expect(await page.locator('.side b, .side i, .side u, .side script').count()).toBe(0)
        await opened.close()
    })

    test('the list shows hostile summaries as text', async () => {
        const opened = await openPage(browser, `${index.url}/`)
        await opened.page.getByText('<img src=x onerror=alert(1)>').waitFor()
        expect(await opened.page.locator('main img').count()).toBe(0)
        await opened.close()
    })

    test('the twin: a page that runs a script inline is noticed', async () => {
        const opened = await openPage(browser, `${index.url}/`)
        await opened.page.evaluate(`try { document.body.setAttribute('onclick', 'alert(1)') } catch {}`)
        await expect.poll(() => opened.faults.join()).toMatch(/trusted-types/)
        await expect(opened.close()).rejects.toThrow()
    })

    test('a page that another tool wrote: only web links, only files', async () => {
        const page = {
            meta: { 'api-version': '1.4' },
            name: 'by-hand',
            'project-status': { status: '<b>odd</b>', reason: 5 },
            files: [
                null,
                7,
                { filename: 'by_hand-1.0.tar.gz', url: 'javascript:alert(1)', hashes: {} },
                {
                    filename: 'by_hand-1.1.tar.gz',
                    url: 'by_hand-1.1.tar.gz',
                    hashes: { sha256: '<b>' },
                    size: -1,
                    yanked: '<script>',
                    'upload-time': 'today',
                    'core-metadata': true,
                },
                { filename: '<img src=x onerror=alert(1)>', url: 'https://evil.example/x', hashes: null },
            ],
        }
        const headers = { contentType: 'application/vnd.pypi.simple.v1+json', cacheControl: 'no-cache' }
        await bucket.write('by-hand/index.json', Buffer.from(JSON.stringify(page)), headers)
        const opened = await openPage(browser, `${index.url}/-/project/by-hand/`)
        await opened.page.getByRole('heading', { name: 'by-hand 1.1' }).waitFor()
        await opened.page.getByText('The metadata cannot be read').waitFor()
        expect(await opened.page.locator('.files .file').allTextContents()).toEqual([
            'by_hand-1.1.tar.gz',
            '<img src=x onerror=alert(1)>',
        ])
        await opened.close()
    })

    test('a page in HTML only, with scripts', async () => {
        const slow = `<a${' b=////////////'.repeat(40)}`
        const page = `${slow}<script>alert(1)</script><img src=x onerror=alert(1)><a href="only_html-1.0.tar.gz" data-yanked="<b>">only_html-1.0.tar.gz</a><a href="javascript:alert(1)">only_html-2.0.tar.gz</a>`
        const headers = { contentType: 'text/html', cacheControl: 'no-cache' }
        await bucket.write('only-html/index.html', Buffer.from(page), headers)
        const opened = await openPage(browser, `${index.url}/-/project/only-html/`)
        await opened.page.getByRole('heading', { name: 'only-html 1.0' }).waitFor()
        expect(await opened.page.locator('.files .file').count()).toBe(1)
        await opened.close()
    })

    test('counts that another tool wrote: days that do not exist, numbers as versions', async () => {
        const headers = { contentType: 'application/json', cacheControl: 'no-cache' }
        const counts = { first: '2026-01-01', last: '2026-01-02', downloads: 3, days: {} }
        const write = (name: string, json: object) =>
            bucket.write(`-/downloads/${name}index.json`, Buffer.from(JSON.stringify({ ...counts, ...json })), headers)
        await write('html/', { last: '2026-99-99' })
        await write('bidi/', { days: { '2026-01-02': 3, '2026-01-01': -5 } })
        await write('', { projects: { 2: 5, bidi: 7, html: 100 } })
        const broken = await openPage(browser, `${index.url}/-/project/html/`)
        await broken.page.locator('.description:visible').waitFor()
        await broken.page.waitForLoadState('networkidle')
        expect(await broken.page.locator('.chart').count()).toBe(0)
        await broken.close()
        const twin = await openPage(browser, `${index.url}/-/project/bidi/`)
        await twin.page.getByText('3 in 30 days').waitFor()
        await twin.close()
        const list = await openPage(browser, `${index.url}/`)
        const popular = list.page.locator('section', { hasText: 'Most downloaded' })
        await popular.waitFor()
        expect(await popular.locator('a').allTextContents()).toEqual(['html', 'bidi', '2'])
        await list.close()
    })
})
