import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { DownloadsJson } from '../../core/index/download-counts.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { readStoredPage } from '../../scripts/index/stored/stored-page.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { noCounts } from '../../scripts/downloads/counts.js'
import { publishCounts, readPublished } from '../../scripts/downloads/publish-counts.js'
import { readLogs } from '../../scripts/downloads/read-logs.js'
import { makeWheel, writeDistributions } from '../support/distributions/distributions.js'
import { logLine } from '../support/logs/access-log.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { startIndex, type IndexOptions } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'

const run = promisify(execFile)
const program = new URL('../../dist/scripts/manage-index.js', import.meta.url).pathname

let s3: S3Server
let bucket: Bucket
let folder: string
beforeAll(async () => {
    s3 = await startS3('embedded')
})
afterAll(() => s3.close())
beforeEach(async () => {
    bucket = await newBucket(s3)
    folder = await temporaryFolder()
})

interface Result {
    status: number
    stdout: string
    stderr: string
}

async function downloads(...words: string[]): Promise<Result> {
    const env = { PATH: process.env.PATH, ...environmentOf(s3) }
    try {
        return { status: 0, ...(await run('node', [program, 'downloads', ...words], { env })) }
    } catch (error) {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
        return { status: code, stdout, stderr }
    }
}

const publishing = (...logs: string[]) => downloads(...logs, '--publish', bucket.name, '--endpoint-url', s3.endpoint)

async function log(name: string, ...lines: string[]): Promise<string> {
    const file = path.join(folder, name)
    await writeFile(file, lines.join(''))
    return file
}

const readJson = async (project?: string) => {
    const { stored } = await readPublished(new PackageIndex(bucket))
    return project === undefined ? stored.counts.downloads : stored.counts.projects.get(project)?.downloads
}

test.each([
    ['without a cache', { cached: false }],
    ['with a cache', { cached: true }],
    ['with redirects to S3', { cached: false, delivery: 'redirect' as const }],
])('what nginx logs %s is counted, published and served', async (_name, options: Partial<IndexOptions>) => {
    await publish(bucket, await writeDistributions(makeWheel({ name: 'acme', version: '1.0' })))
    const index = await startIndex({
        ...{ endpointUrl: s3.endpoint, bucket: bucket.name, environment: environmentOf(s3) },
        ...options,
    })
    const wheel = '/simple/acme/acme-1.0-py3-none-any.whl'
    const headers = { 'User-Agent': 'pip/26.3 {"python":"3.12.3"}' }
    const asked = ['/simple/', '/simple/acme/', wheel, `${wheel}.metadata`, wheel, '/simple/acme/acme-9.tar.gz']
    for (const each of asked) await request(index.port, each, { headers })
    await request(index.port, wheel, { headers, method: 'HEAD' })
    await request(index.port, wheel, { headers: { ...headers, Range: 'bytes=0-9' } })
    expect((await request(index.port, '/-/downloads/index.json')).status).toBe(404)
    const file = path.join(index.folder, 'access.log')
    await expect.poll(async () => (await readFile(file, 'utf8')).split('\n').length).toBeGreaterThan(asked.length + 3)
    const expected = options.delivery === 'redirect' ? 3 : 2
    const result = await publishing(file)
    expect([result.status, result.stderr]).toEqual([0, expect.stringContaining(`${expected} new downloads`)])
    expect(result.stdout).toMatch(new RegExp(`^${expected} downloads, `))
    // nginx does not ask S3 whether a file exists before it redirects.
    const versions = { '1.0': 2 }
    const counts = { downloads: expected, installers: { pip: expected }, pythons: { '3.12': expected } }
    const all = await request(index.port, '/-/downloads/index.json')
    expect(all.headers['content-type']).toBe('application/json')
    expect(all.headers['cache-control']).toBe('no-cache')
    expect(JSON.parse(String(all.body))).toMatchObject({ ...counts, projects: { acme: expected } })
    const own = await request(index.port, '/-/downloads/acme/index.json')
    expect(JSON.parse(String(own.body))).toMatchObject(counts)
    expect((JSON.parse(String(own.body)) as DownloadsJson).versions).toEqual(versions)
    // What the counts are made of is not served, nor anything else of the folder.
    for (const hidden of ['counts.json', 'other/index.json', '../unlisted/acme', 'index.html', 'Acme/index.json', '']) {
        expect((await request(index.port, `/-/downloads/${hidden}`)).status, hidden).toBe(404)
    }
    expect((await verify(bucket, { deep: false })).problems).toEqual([])
    await index.stop()
})

test('with a password, counts need it', async () => {
    const htpasswd = path.join(folder, 'htpasswd')
    await writeFile(htpasswd, 'ci:{PLAIN}secret\n', { mode: 0o644 })
    await run('chmod', ['755', folder])
    await publishing(await log('a.log', logLine()))
    for (const cached of [false, true]) {
        const options = { endpointUrl: s3.endpoint, bucket: bucket.name, environment: environmentOf(s3) }
        const index = await startIndex({ ...options, cached, htpasswd })
        expect((await request(index.port, '/-/downloads/acme/index.json')).status).toBe(401)
        const headers = { Authorization: `Basic ${Buffer.from('ci:secret').toString('base64')}` }
        expect((await request(index.port, '/-/downloads/acme/index.json', { headers })).status).toBe(200)
        await index.stop()
    }
})

test('runs add up, and no log is counted twice', async () => {
    const first = await log('access.log', logLine(), logLine({ project: 'other' }))
    expect((await publishing(first)).status).toBe(0)
    expect((await publishing(first)).stderr).toContain('0 new downloads')
    const moved = await log('access.log.1', await readFile(first, 'utf8'), logLine())
    const next = await log('access.log', logLine())
    expect((await publishing(moved, next)).stderr).toMatch(/counted by an earlier run[^]*2 new downloads/)
    expect([await readJson(), await readJson('acme'), await readJson('other')]).toEqual([4, 3, 1])
    expect((await publishing(moved, next)).stderr).toContain('0 new downloads')
    expect(await readJson()).toBe(4)
})

test('runs at the same time: of other logs, all are counted', async () => {
    const logs = await Promise.all(
        [1, 2, 3, 4].map((at) => log(`${at}.log`, logLine(), logLine({ project: `p${at}` }))),
    )
    const results = await Promise.all(logs.map((each) => publishing(each)))
    expect(results.map(({ status }) => status)).toEqual([0, 0, 0, 0])
    expect([await readJson(), await readJson('acme')]).toEqual([8, 4])
})

test('runs at the same time: of one log, one is counted', async () => {
    const file = await log('a.log', logLine())
    const index = new PackageIndex(bucket)
    const base = await readPublished(index)
    const { counts, cursors } = await readLogs([file])
    await publishCounts(index, base, counts, cursors)
    const again = await readLogs([file])
    const late = {
        ...(await readPublished(new PackageIndex(bucket))),
        stored: { ...base.stored, counts: { ...noCounts(), projects: new Map() } },
        etag: undefined,
    }
    await expect(publishCounts(index, late, again.counts, again.cursors)).rejects.toThrow(/another run/)
    expect(await readJson()).toBe(1)
})

test('a run that was killed before it wrote the pages: the next one writes them', async () => {
    const index = new PackageIndex(bucket)
    const { counts, cursors } = await readLogs([await log('a.log', logLine())])
    const write = bucket.write.bind(bucket)
    bucket.write = () => Promise.reject(new Error('killed'))
    await expect(publishCounts(index, await readPublished(index), counts, cursors)).rejects.toThrow('killed')
    bucket.write = write
    expect(await bucket.get('-/downloads/acme/index.json')).toBeUndefined()
    expect((await publishing(await log('b.log', logLine({ project: 'other' })))).status).toBe(0)
    expect(await bucket.get('-/downloads/acme/index.json')).toBeDefined()
    expect(await readJson()).toBe(2)
})

test('projects and versions that readers invent are not published: nginx redirects to any name', async () => {
    await publish(bucket, await writeDistributions(makeWheel({ name: 'acme', version: '1.0' })))
    const redirect = (project: string, version: string) =>
        logLine({ status: 302, project, uri: `/${project}/${project}-${version}.tar.gz` })
    const invented = [1, 2, 3].map((at) => redirect(`invented-${at}`, '1'))
    const file = await log('a.log', redirect('acme', '1.0'), redirect('acme', '99'), ...invented)
    const result = await publishing(file)
    expect(result.stderr).toMatch(/3 redirects for projects that the index does not have[^]*2 new downloads/)
    const { stored } = await readPublished(new PackageIndex(bucket))
    expect([...stored.counts.projects.keys()]).toEqual(['acme'])
    expect([...stored.counts.projects.get('acme')!.versions]).toEqual([['1.0', 1]])
    expect(await bucket.get('-/downloads/invented-1/index.json')).toBeUndefined()
    // An answer with the file proves that it exists.
    expect((await publishing(await log('b.log', logLine({ project: 'other' })))).stderr).toContain('1 new downloads')
    expect(await readJson('other')).toBe(1)
})

test('lines from the future are not counted, and do not end counting', async () => {
    const future = { time: '2096-01-01T00:00:00+00:00' }
    const text = [logLine(), logLine(future), logLine()]
    const result = await publishing(await log('a.log', ...text))
    expect(result.stderr).toMatch(/1 lines from the future[^]*2 new downloads/)
    expect((await publishing(await log('b.log', logLine(future)))).stderr).toContain('0 new downloads')
    expect((await publishing(await log('a.log', ...text, logLine()))).stderr).toContain('1 new downloads')
    const { stored } = await readPublished(new PackageIndex(bucket))
    expect([stored.last, [...stored.counts.days]]).toEqual(['2026-11-27', [['2026-11-27', 3]]])
})

test.each([[['acme']], [[]]])(
    'a slow run does not leave older pages than a fast one; it counts %j',
    async (projects) => {
        const index = new PackageIndex(bucket)
        const lines = projects.map((project) => logLine({ project }))
        const { counts, cursors } = await readLogs([await log('slow.log', logLine({ method: 'HEAD' }), ...lines)])
        const write = bucket.write.bind(bucket)
        let overtaken = false
        bucket.write = async (key, ...rest) => {
            // Before its first page: the other run counts the same project, and ends.
            if (!overtaken) {
                overtaken = true
                expect((await publishing(await log('fast.log', logLine()))).status).toBe(0)
            }
            return write(key, ...rest)
        }
        await publishCounts(index, await readPublished(index), counts, cursors)
        const expected = projects.length + 1
        for (const key of ['-/downloads/index.json', '-/downloads/acme/index.json']) {
            const page = await readStoredPage(bucket, key)
            expect((JSON.parse(String(page!.body)) as DownloadsJson).downloads, key).toBe(expected)
        }
        expect(await readJson()).toBe(expected)
    },
)

test('a damaged object is refused, not replaced', async () => {
    const headers = { contentType: 'application/json', cacheControl: 'no-cache' }
    await bucket.write('-/downloads/counts.json', Buffer.from('{"meta":{"version":2}}'), headers)
    const result = await publishing(await log('a.log', logLine()))
    expect(result.status).toBe(1)
    expect(result.stderr).toContain('damaged, or of a newer version')
    expect(String((await bucket.get('-/downloads/counts.json'))!.body)).toBe('{"meta":{"version":2}}')
})

test('the table, JSON, one project, and a picture', async () => {
    const file = await log('a.log', logLine(), logLine({ project: 'other', time: '2026-11-29T00:00:00Z' }))
    expect((await downloads(file)).stdout).toMatch(
        /^2 downloads, 2026-11-27 to 2026-11-29\n\nPROJECT +DOWNLOADS\nacme +1\nother +1\n/,
    )
    const json = JSON.parse((await downloads(file, '--json')).stdout) as object
    expect(json).toMatchObject({ downloads: 2, projects: { acme: { versions: { '1.0': 1 } } }, logs: [{ lines: 2 }] })
    expect((await downloads(file, '--project', 'Acme')).stdout).toMatch(
        /1 downloads of acme[^]*VERSION +DOWNLOADS\n1\.0 +1/,
    )
    expect((await downloads(file, '--since', '2026-11-28')).stdout).toMatch(/^1 downloads/)
    const svg = path.join(folder, 'x.svg')
    expect((await downloads(file, '--svg', svg)).status).toBe(0)
    expect(await readFile(svg, 'utf8')).toMatch(/^<svg [^]*2026-11-28: 0[^]*acme/)
})

test.each([
    ['no such file', () => ['/does/not/exist'], 2, /there is no such file/],
    ['a folder', () => [folder], 2, /is a folder/],
    ['the standard input twice', () => ['-', '-'], 2, /given twice/],
    ['a wrong day', () => ['-', '--since', 'yesterday'], 2, /not a day/],
    ['days with --publish', () => ['-', '--since', '2026-01-01', '--publish', 'x-bucket'], 2, /counts whole logs/],
    ['no log of this index', () => [path.join(folder, 'other.log')], 1, /no line is of nginx's log_format pypi/],
])('%s is refused', async (_what, words, status, message) => {
    await log('other.log', '127.0.0.1 - - "GET / HTTP/1.1" 200\n')
    const result = await downloads(...words())
    expect([result.status, result.stderr]).toEqual([status, expect.stringMatching(message)])
})
