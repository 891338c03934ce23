import { once } from 'node:events'
import http from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { sha256, type PublishedWheel } from './projects.js'

/** The headers with which uv requests a page and a file. */
export const pageHeaders = {
    Accept: 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01',
    'Accept-Encoding': 'gzip',
}
export const fileHeaders = { 'Accept-Encoding': 'identity' }

/** An answer with status 200. */
interface Answer {
    /** The length of the body as it was sent. */
    bytes: number
    encoding: 'gzip' | 'identity'
    /** The decoded body. */
    body: Buffer
}

/** @throws Error for another status, and for an encoding that was not accepted */
async function get(url: string, headers: Record<string, string>): Promise<Answer> {
    const request = http.get(url, { headers, agent: false })
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    const sent = await buffer(response)
    if (response.statusCode !== 200) throw new Error(`${url} is answered with ${response.statusCode}`)
    const encoding = response.headers['content-encoding'] ?? 'identity'
    if (encoding === 'identity') return { bytes: sent.length, encoding, body: sent }
    if (encoding !== 'gzip' || headers['Accept-Encoding'] !== 'gzip') {
        throw new Error(`${url} is answered with the encoding ${encoding}, which was not accepted`)
    }
    return { bytes: sent.length, encoding, body: gunzipSync(sent) }
}

/** The part of a page that clients need. @see PEP 691 */
interface Page {
    files: { filename: string; url: string; hashes: { sha256: string }; 'core-metadata'?: unknown }[]
}

/** A page that names the expected files. */
interface CheckedPage extends Answer {
    /** Addresses by file name. */
    urls: Map<string, string>
}

/**
 * Requests a page and compares its files, with their hashes, with the wheels of the project.
 *
 * @param patience milliseconds for which a page without all files is requested again: pages follow uploads
 * @throws Error when the page has other files
 */
export async function checkPage(url: string, wheels: readonly PublishedWheel[], patience = 0): Promise<CheckedPage> {
    const expected = wheels.map(({ filename, sha256 }) => `${filename} ${sha256}`).sort()
    for (const deadline = Date.now() + patience; ; await sleep(200)) {
        const found = await pageAt(url).catch((error: Error) => error)
        const problem = found instanceof Error ? found.message : differenceOf(url, expected, found.page)
        if (problem === undefined && !(found instanceof Error)) {
            const urls = new Map(found.page.files.map((file) => [file.filename, new URL(file.url, url).href]))
            return { ...found, urls }
        }
        if (Date.now() >= deadline) throw new Error(problem)
    }
}

async function pageAt(url: string): Promise<Answer & { page: Page }> {
    const answer = await get(url, pageHeaders)
    return { ...answer, page: JSON.parse(answer.body.toString()) as Page }
}

function differenceOf(url: string, expected: readonly string[], { files }: Page): string | undefined {
    const found = files.map(({ filename, hashes }) => `${filename} ${hashes.sha256}`).sort()
    const wrong = found.find((file, index) => file !== expected[index])
    if (found.length === expected.length && wrong === undefined) return undefined
    const example = wrong ?? expected[found.length]
    return `${url} has ${found.length} files in place of the ${expected.length} published ones; the first difference: ${example}`
}

/** Requests a file and compares its bytes. @param hash hex @throws Error for other bytes */
export async function checkFile(url: string, hash: string): Promise<Answer> {
    const answer = await get(url, fileHeaders)
    if (sha256(answer.body) !== hash) throw new Error(`${url} has other bytes than the published file`)
    return answer
}

/**
 * Requests a file as a client does, and compares its bytes.
 *
 * @param redirects whether the server must redirect the request, or must not
 * @throws Error for other bytes, and for the other kind of delivery
 */
export async function checkDelivery(url: string, hash: string, redirects: boolean): Promise<void> {
    const answer = await fetch(url, { redirect: 'manual' })
    await answer.arrayBuffer()
    const isRedirect = answer.status >= 300 && answer.status < 400
    if (isRedirect !== redirects) {
        throw new Error(`${url} is answered with ${answer.status}, but shall ${redirects ? '' : 'not '}be redirected`)
    }
    const followed = await fetch(url)
    if (sha256(Buffer.from(await followed.arrayBuffer())) !== hash) {
        throw new Error(`${followed.url} has other bytes than the published file`)
    }
}
