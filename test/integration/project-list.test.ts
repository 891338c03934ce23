import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { markUnlisted, unlistedProjects } from '../../core/index/unlisted-projects.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { planRemoval, remove } from '../../scripts/manage/remove.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { wheelFile } from '../support/distributions/distributions.js'
import { pageText, readIndex } from '../support/index/pages.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { bucketAt, newBucket } from '../support/s3/test-bucket.js'
import { startFaultProxy, type Fate, type ProxiedRequest } from '../support/upstreams/fault-proxy.js'

const plain = { contentType: 'application/json', cacheControl: 'no-cache' }
const denied: Fate = { status: 403, code: 'AccessDenied' }

let server: S3Server
let bucket: Bucket
beforeAll(async () => void (server = await startS3('embedded')))
afterAll(() => server.close())
beforeEach(async () => {
    bucket = await newBucket(server)
    await publish(bucket, [await wheelFile({ name: 'known', version: '1.0' })])
})

describe('a new version', () => {
    test('of a listed project does not read the list', async () => {
        const sent = await publishThrough(['known'], '2.0')
        expect(sent.filter(isOfList)).toEqual([])
        expect(await listedProjects()).toEqual(['known'])
    })

    test('of a project whose first publisher was killed lists it', async () => {
        await publishUnlisted('lost')
        await publishThrough(['lost'], '2.0')
        expect(await listedProjects()).toEqual(['known', 'lost'])
        expect(await marked()).toEqual([])
    })

    test('of a project whose files were all removed lists it again', async () => {
        await removeProject('known')
        expect(await listedProjects()).toEqual([])
        await publishThrough(['known'], '2.0')
        expect(await listedProjects()).toEqual(['known'])
    })
})

test('publishing the same files again repairs a list without the project', async () => {
    await bucket.write('index.json', Buffer.from('{"meta":{"api-version":"1.4"},"projects":[]}\n'), plain)
    await publishThrough(['known'], '1.0')
    expect(await listedProjects()).toEqual(['known'])
})

describe('new projects', () => {
    test('of one run are listed by one write', async () => {
        const sent = await publishThrough(['acme', 'beta', 'gamma'])
        expect(sent.filter(isListWrite)).toHaveLength(2)
        expect(await listedProjects()).toEqual(['acme', 'beta', 'gamma', 'known'])
        expect(await marked()).toEqual([])
    })

    test('of a run that fails are listed as far as they are published', async () => {
        const decide = ({ method, url }: ProxiedRequest) =>
            method === 'PUT' && url.includes('/beta-1.0') ? denied : 'pass'
        await expect(publishThrough(['acme', 'beta'], '1.0', decide)).rejects.toThrow('beta')
        expect(await listedProjects()).toEqual(['acme', 'known'])
    })

    test('of killed publishers are listed by the next one', async () => {
        await publishUnlisted('lost')
        await publishUnlisted('zeta')
        expect(await marked()).toEqual(['lost', 'zeta'])
        expect(await listedProjects()).toEqual(['known'])
        const sent = await publishThrough(['acme'])
        expect(sent.filter(isListWrite)).toHaveLength(2)
        expect(await listedProjects()).toEqual(['acme', 'known', 'lost', 'zeta'])
        expect(await marked()).toEqual([])
    })

    test('wait for the publisher that lists all of them', async () => {
        // As if the publisher of acme had marked it and were about to list it.
        await publishUnlisted('acme')
        let looks = 0
        const sent = await publishThrough(['beta'], '1.0', async ({ url }): Promise<Fate> => {
            // Only when beta looks for a second time, acme's publisher lists both.
            if (isListingOfMarkers(url) && ++looks === 2) await publishThrough(['acme'], '2.0')
            return 'pass'
        })
        expect(sent.filter(isOfList)).toEqual([])
        expect(await listedProjects()).toEqual(['acme', 'beta', 'known'])
    })

    test('do not wait for ever for a publisher that was killed', { timeout: 60_000 }, async () => {
        await publishUnlisted('acme')
        await publishThrough(['beta'])
        expect(await listedProjects()).toEqual(['acme', 'beta', 'known'])
        expect(await marked()).toEqual([])
    })

    test('are listed without the right to delete markers', async () => {
        await publishThrough(['acme'], '1.0', ({ method }) =>
            method === 'POST' || method === 'DELETE' ? denied : 'pass',
        )
        expect(await listedProjects()).toEqual(['acme', 'known'])
        expect(await marked()).toEqual(['acme'])
        await publishThrough(['acme'], '2.0')
        expect(await marked()).toEqual([])
    })
})

describe('a marker', () => {
    test('is no problem for verify; another object beside it is unknown', async () => {
        await markUnlisted(bucket, 'known')
        await bucket.write('-/unlisted/Not_A_Project', Buffer.from(''), plain)
        expect((await verify(bucket, { deep: true })).problems).toEqual([
            { kind: 'unknown-object', key: '-/unlisted/Not_A_Project', detail: expect.any(String) },
        ])
    })

    test('with an unlisted project is that problem', async () => {
        await publishUnlisted('lost')
        expect((await verify(bucket, { deep: true })).problems.map(({ kind }) => kind)).toEqual(['unlisted-project'])
    })

    test('is deleted by rebuild, which lists projects with files only', async () => {
        await publishUnlisted('lost')
        await markUnlisted(bucket, 'without-files')
        await rebuild(new PackageIndex(bucket), { dryRun: true })
        expect(await marked()).toEqual(['lost', 'without-files'])
        await rebuild(new PackageIndex(bucket), {})
        expect(await listedProjects()).toEqual(['known', 'lost'])
        expect(await marked()).toEqual([])
    })

    test('is deleted with its project', async () => {
        await publishUnlisted('lost')
        await removeProject('lost')
        expect(await marked()).toEqual([])
        await publishThrough(['acme'])
        expect(await listedProjects()).toEqual(['acme', 'known'])
    })
})

test('rebuild keeps a project that is listed before its page has files', async () => {
    const index = new PackageIndex(bucket)
    let isFirst = true
    await publishThrough(['acme'], '1.0', async ({ method, url }): Promise<Fate> => {
        // The files are uploaded, and the marker is written: another publisher lists acme, then the list is rebuilt.
        if (method === 'PUT' && url.includes('/acme/index.json') && (await marked()).includes('acme') && isFirst) {
            isFirst = false
            await publishThrough(['aaa'])
            expect(await listedProjects()).toEqual(['aaa', 'acme', 'known'])
            await rebuild(index, {})
            expect(await listedProjects()).toEqual(['aaa', 'acme', 'known'])
        }
        return 'pass'
    })
    expect(isFirst).toBe(false)
    expect(await listedProjects()).toEqual(['aaa', 'acme', 'known'])
})

test('verify does not report a project that is published during the scan', async () => {
    let isFirst = true
    const proxy = await startFaultProxy(server.endpoint, async ({ url }): Promise<Fate> => {
        // The folders are listed at once: the list of the projects is read after that.
        if (!isFirst || !url.includes('/known/index.json')) return 'pass'
        isFirst = false
        await publishThrough(['acme'])
        return 'pass'
    })
    const { problems } = await verify(bucketAt(server, bucket.name, { endpoint: proxy.endpoint }), { deep: true })
    await proxy.close()
    expect(problems).toEqual([])
    expect(await listedProjects()).toEqual(['acme', 'known'])
})

test('verify reports a listed project without files', async () => {
    await bucket.write(
        'index.json',
        Buffer.from('{"meta":{"api-version":"1.4"},"projects":[\n{"name":"empty"},\n{"name":"known"}\n]}\n'),
        plain,
    )
    const { problems } = await verify(bucket, { deep: true })
    expect(problems.map(({ kind }) => kind)).toContain('wrong-list')
})

/** Publishes a file of each project. @returns the requests */
async function publishThrough(
    names: string[],
    version = '1.0',
    decide: (request: ProxiedRequest) => Fate | Promise<Fate> = () => 'pass',
): Promise<ProxiedRequest[]> {
    const files = await Promise.all(names.map((name) => wheelFile({ name, version })))
    const proxy = await startFaultProxy(server.endpoint, decide)
    try {
        await publish(bucketAt(server, bucket.name, { endpoint: proxy.endpoint }), files)
    } finally {
        await proxy.close()
    }
    return proxy.requests
}

/** Publishes a new project up to the list, as a publisher that is killed then. */
async function publishUnlisted(name: string): Promise<void> {
    const decide = ({ url }: ProxiedRequest) => (isListingOfMarkers(url) ? denied : 'pass')
    await expect(publishThrough([name], '1.0', decide)).rejects.toThrow('denies access')
}

async function removeProject(name: string): Promise<void> {
    const index = new PackageIndex(bucket)
    await remove(index, await planRemoval(index, name, []))
}

/** The projects on both forms of the list. */
async function listedProjects(): Promise<string[]> {
    const { projects } = await readIndex(bucket)
    const html = (await pageText(bucket, 'index.html'))!
    expect([...html.matchAll(/<a href="([^"]*)\/">/g)].map(([, name]) => name)).toEqual(projects)
    return projects
}

async function marked(): Promise<string[]> {
    return (await unlistedProjects(bucket)).map(({ project }) => project)
}

function isListingOfMarkers(url: string): boolean {
    return new URL(url, server.endpoint).searchParams.get('prefix') === '-/unlisted/'
}

/** Whether a request is for a page of the list. */
function isOfList({ url }: ProxiedRequest): boolean {
    return /^\/[^/]*\/index\.(?:json|html)(?:\?|$)/.test(url)
}

function isListWrite(request: ProxiedRequest): boolean {
    return request.method === 'PUT' && isOfList(request)
}
