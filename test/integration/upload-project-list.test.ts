import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { markUnlisted } from '../../core/index/unlisted-projects.js'
import { parseRootJson, rootPage } from '../../core/root-page.js'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { htmlHeaders, jsonHeaders } from '../../core/index/stored-headers.js'
import { rootPages } from '../../scripts/index/stored/pages.js'
import { compressPage } from '../../scripts/index/stored/stored-page.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { makeWheel } from '../support/distributions/distributions.js'
import { pageText } from '../support/index/pages.js'
import { sendUpload } from '../support/uploads/send-upload.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'
import { startFaultProxy, type FaultProxy } from '../support/upstreams/fault-proxy.js'

const plain = { contentType: 'application/octet-stream', cacheControl: 'no-cache' }

let uploads: UploadIndex
let proxy: FaultProxy
/** Starts an index with an empty bucket, and a proxy that notes what S3 is asked. */
const start = async () => {
    uploads = await startUploadIndex(
        {},
        {
            endpoint: async (s3) => {
                proxy = await startFaultProxy(s3.endpoint, () => 'pass')
                return proxy.endpoint
            },
        },
    )
}
const stop = async () => {
    await uploads.stop()
    await proxy.close()
}

const send = (name: string, version = '1.0') =>
    sendUpload(uploads.index.port, makeWheel({ name, version }), { name, version })

/** Requests for the list since the last call, as `METHOD index.html`. */
function requestsForList(): string[] {
    const sent = proxy.requests.splice(0)
    return sent.flatMap(({ method, url }) => {
        const page = /^\/[^/]*\/(index\.(?:json|html))(?:\?|$)/.exec(url)?.[1]
        return page === undefined ? [] : [`${method} ${page}`]
    })
}

/** The listed projects, after a check that both pages are what the renderer makes of them. */
async function listed(): Promise<string[]> {
    const json = (await pageText(uploads.bucket, 'index.json'))!
    const page = parseRootJson(json, 'index.json')
    expect(json).toBe(rootPages.toJson(page).toString())
    expect(await pageText(uploads.bucket, 'index.html')).toBe(rootPages.toHtml(page).toString())
    return page.projects
}

async function storeList(names: string[]): Promise<void> {
    const page = rootPage(names)
    const etag = await uploads.bucket.write('index.json', compressPage(rootPages.toJson(page)), jsonHeaders)
    await uploads.bucket.write('index.html', compressPage(rootPages.toHtml(page)), htmlHeaders(etag))
}

/** The most memory that nginx's worker has had. MiB. */
async function peakMemory(): Promise<number> {
    const master = (await readFile(`${uploads.index.folder}/nginx.pid`, 'utf8')).trim()
    const worker = (await readFile(`/proc/${master}/task/${master}/children`, 'utf8')).trim()
    const status = await readFile(`/proc/${worker}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) / 1024
}

describe('a list of 20,000 projects', () => {
    const names = Array.from({ length: 20_000 }, (_, number) => `project-${number}`)
    beforeAll(async () => {
        await start()
        await storeList(names)
    })
    afterAll(stop)

    test('is edited for a new project, without parsing it', async () => {
        expect(await send('newcomer')).toMatchObject({ status: 200 })
        expect(await listed()).toEqual(['newcomer', ...names].sort())
        // Parsing and rendering it took 220 MiB.
        expect(await peakMemory()).toBeLessThan(96)
    })

    test('gets the projects of killed publishers, too', async () => {
        for (const name of ['aaa', 'zzz']) await markUnlisted(uploads.bucket, name)
        expect(await send('another')).toMatchObject({ status: 200 })
        expect(await listed()).toEqual(['newcomer', 'another', 'aaa', 'zzz', ...names].sort())
        expect(await uploads.keys()).not.toContain('-/unlisted/aaa')
    })

    test('is not read for a new version, but for the same upload again', async () => {
        requestsForList()
        expect(await send('newcomer', '2.0')).toMatchObject({ status: 200 })
        expect(requestsForList()).toEqual(['HEAD index.json'])
        expect(await send('newcomer', '2.0')).toMatchObject({ status: 200 })
        expect(requestsForList()).toContain('GET index.json')
    })

    test('without index.html gets one, rendered in slices', async () => {
        await uploads.bucket.delete(['index.html'])
        expect(await send('repairer')).toMatchObject({ status: 200 })
        expect(await listed()).toContain('repairer')
        expect(await peakMemory()).toBeLessThan(96)
    })
})

describe('a bucket without a project list', () => {
    beforeEach(start)
    afterEach(stop)

    test('takes the first upload if it has no projects', async () => {
        const others = ['.uploads/body', '-/unlisted/gone', 'docs/readme.txt', 'Simple/x.html', 'logs/2026/access.log']
        for (const key of others) await uploads.bucket.write(key, Buffer.from('x'), plain)
        expect(await send('acme')).toMatchObject({ status: 200 })
        expect(await listed()).toEqual(['acme', 'gone'])
    })

    test('takes the first upload beside an index with a prefix', async () => {
        const { bucket } = uploads
        await bucket.write('team-a/index.json', compressPage(rootPages.toJson({ projects: ['beta'] })), jsonHeaders)
        await bucket.write('team-a/beta/beta-1.0.tar.gz', Buffer.from('x'), plain)
        expect(await send('acme')).toMatchObject({ status: 200 })
        expect(await listed()).toEqual(['acme'])
    })

    test('takes the uploads of 15 projects at once', { timeout: 120_000 }, async () => {
        const names = Array.from({ length: 15 }, (_, number) => `first-${number}`)
        const answers = await Promise.all(names.map((name) => send(name)))
        expect(answers.filter(({ status }) => status !== 200)).toEqual([])
        expect(await listed()).toEqual([...names].sort())
        expect((await verify(uploads.bucket, { deep: true })).problems).toEqual([])
    })

    test('that aws s3 cp has filled is refused until its pages are rebuilt', async () => {
        const { bucket } = uploads
        const old = makeWheel({ name: 'old', version: '1.0' })
        await bucket.write(`old/${old.filename}`, old.bytes, plain)
        const before = await uploads.keys()
        const refused = await send('acme')
        expect(refused).toMatchObject({ status: 400, reason: expect.stringContaining('no project list') })
        expect(refused.text).toContain('manage-index rebuild BUCKET')
        expect(await uploads.keys()).toEqual(before)
        // Whether S3 has conditional writes is tried with a key that is not written.
        const writes = proxy.requests.filter(
            ({ method, url }) => /^P|DELETE/.test(method) && !url.includes('/.uploads/'),
        )
        expect(writes).toEqual([])
        await rebuild(new PackageIndex(bucket), {})
        expect(await send('acme')).toMatchObject({ status: 200 })
        expect(await listed()).toEqual(['acme', 'old'])
    })

    test('with a list by another tool is refused, and takes new versions of its projects', async () => {
        const { bucket } = uploads
        expect(await send('acme')).toMatchObject({ status: 200 })
        await bucket.write(
            'index.json',
            Buffer.from('{"meta":{"api-version":"1.0"},"projects":[{"name":"acme"}]}'),
            plain,
        )
        const before = await uploads.keys()
        const refused = await send('other')
        expect(refused).toMatchObject({ status: 400, reason: expect.stringContaining('by another tool') })
        expect(await uploads.keys()).toEqual(before)
        expect(await send('acme', '2.0')).toMatchObject({ status: 200 })
        await rebuild(new PackageIndex(bucket), {})
        expect(await send('other')).toMatchObject({ status: 200 })
        expect(await listed()).toEqual(['acme', 'other'])
    })
})
