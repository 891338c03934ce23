import axe from 'axe-core'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { expect, vi } from 'vitest'
import { missingPrograms } from '../machine/requirements.js'

/** A browser takes seconds for a page where other tests use all processors. Milliseconds. */
const patience = 90_000
vi.setConfig({ testTimeout: 4 * patience, hookTimeout: 4 * patience })

/** Debian's browser; playwright-core brings none. */
export function missingChromium(): string | undefined {
    return missingPrograms(['chromium'], 'chromium')
}

/** Starts the browser. Its sandbox does not run as root. */
export function startBrowser(): Promise<Browser> {
    return chromium.launch({
        executablePath: '/usr/bin/chromium',
        args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    })
}

/** A page of the browser, and what went wrong on it. */
export interface WatchedPage {
    page: Page
    /** Violations of the Content-Security-Policy, errors of scripts, requests to other servers, and dialogs. */
    faults: string[]
    close(): Promise<void>
}

/** As text: the tests are compiled without the types of browsers. */
const reportViolations = `document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
    window.reportViolation([violatedDirective, blockedURI, sample].join(' ')))`

/** Opens an address in a new window. */
export async function openPage(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
): Promise<WatchedPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    context.setDefaultTimeout(patience)
    const page = await context.newPage()
    const faults: string[] = []
    const { origin } = new URL(url)
    page.on('response', (response) => {
        if (!response.url().startsWith(`${origin}/`)) faults.push(`answer of ${response.url()}`)
    })
    page.on('request', (request) => {
        // The browser also reports the target of a redirect that fetch() does not follow.
        if (request.redirectedFrom() !== null) return
        if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:')) {
            faults.push(`request to ${request.url()}`)
        }
    })
    page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
    page.on('dialog', (dialog) => {
        faults.push(`dialog: ${dialog.message()}`)
        void dialog.dismiss()
    })
    page.on('console', (message) => {
        if (/Content Security Policy|Trusted ?Type|violat/i.test(message.text())) faults.push(message.text())
    })
    if (options.javaScriptEnabled !== false) {
        await page.exposeFunction('reportViolation', (text: string) => void faults.push(`policy: ${text}`))
        await page.addInitScript({ content: reportViolations })
    }
    await page.goto(url)
    return {
        page,
        faults,
        close: async () => {
            await screenshot(page)
            await context.close()
            expect(faults).toEqual([])
        },
    }
}

/** Keeps a picture for a person to look at, in the folder `TEST_SCREENSHOTS`. */
async function screenshot(page: Page): Promise<void> {
    const folder = process.env.TEST_SCREENSHOTS
    if (folder === undefined) return
    const name = expect
        .getState()
        .currentTestName?.replace(/[^A-Za-z0-9]+/g, '-')
        .slice(0, 100)
    await page.screenshot({ path: `${folder}/${name}.png`, timeout: patience })
}

/** What axe-core finds serious or critical on a page, with the element. */
export async function seriousFaults({ page }: WatchedPage): Promise<string[]> {
    // Through the debugger: the policy of the page allows no other script.
    const session = await page.context().newCDPSession(page)
    await session.send('Runtime.evaluate', { expression: axe.source })
    const { result } = await session.send('Runtime.evaluate', {
        expression: `axe.run().then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join('; ')))`,
        awaitPromise: true,
        returnByValue: true,
    })
    return result.value as string[]
}
