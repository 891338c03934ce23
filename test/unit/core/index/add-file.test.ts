import { gunzipSync, gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { addFile, listProjectName, prepareProject } from '../../../../core/index/add-file.js'
import { PackageIndex } from '../../../../core/index/package-index.js'
import type { IndexPlatform } from '../../../../core/index/platform.js'
import { htmlHeaders, jsonHeaders, sourceEtag } from '../../../../core/index/stored-headers.js'
import { projectHtml } from '../../../../core/page-html.js'
import { parseProjectJson, toProjectJson, type ProjectPage } from '../../../../core/project-page.js'
import { parseRootJson } from '../../../../core/root-page.js'
import { nodePlatform } from '../../../../scripts/index/stored/stored-page.js'
import { fileEntry, pageOf } from '../file-entry.js'
import { MemoryBucket } from './memory-bucket.js'

/** Compresses faster than the publisher, and does not wait in real time. */
const platform: IndexPlatform = {
    ...nodePlatform,
    compress: async (page) => gzipSync(page, { level: 1 }),
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
}
const uncompressing: IndexPlatform = { ...platform, compresses: false, compress: async (page) => page }

let bucket: MemoryBucket
let index: PackageIndex
beforeEach(() => {
    bucket = new MemoryBucket()
    index = new PackageIndex(bucket, platform)
})

const wheel = (version: string, python = 'py3') => fileEntry(`acme-${version}-${python}-none-any.whl`)

async function upload(entry = wheel('1.0'), into = index): Promise<void> {
    await prepareProject(into, 'acme', '.uploads/probe')
    await addFile(into, 'acme', entry)
    await listProjectName(into, 'acme')
}

function textOf(key: string): string {
    const { body, headers } = bucket.objects.get(key)!
    return (headers.contentEncoding === 'gzip' ? gunzipSync(body) : body).toString()
}

/** The page, after a check that both forms are what the renderer makes of it. */
function page(): ProjectPage {
    const json = textOf('acme/index.json')
    const parsed = parseProjectJson(json, 'acme', 'acme/index.json')
    expect(json).toBe(toProjectJson(parsed))
    expect(textOf('acme/index.html')).toBe(projectHtml(parsed))
    const source = bucket.objects.get('acme/index.html')!.headers.metadata?.[sourceEtag]
    expect(source).toBe(bucket.objects.get('acme/index.json')!.etag)
    return parsed
}

async function store(page: ProjectPage, gzip = true): Promise<void> {
    const form = (text: string) => (gzip ? gzipSync(text) : Buffer.from(text))
    const etag = await bucket.write('acme/index.json', form(toProjectJson(page)), jsonHeaders)
    await bucket.write('acme/index.html', form(projectHtml(page)), htmlHeaders(etag))
}

const names = () => page().files.map(({ filename }) => filename)

test('the first upload makes the pages and lists the project', async () => {
    await upload()
    expect(names()).toEqual([wheel('1.0').filename])
    expect(parseRootJson(textOf('index.json'), 'index.json').projects).toEqual(['acme'])
})

test('the next upload renders nothing', async () => {
    await upload()
    await upload(wheel('2.0'))
    bucket.requests = []
    await upload(wheel('1.0', 'cp312'))
    expect(names()).toEqual([wheel('1.0', 'cp312').filename, wheel('1.0').filename, wheel('2.0').filename])
    expect(bucket.requests.filter((request) => request.startsWith('PUT'))).toEqual([
        'PUT acme/index.json',
        'PUT acme/index.html',
    ])
    expect(bucket.requests.filter((request) => request === 'GET acme/index.html')).toHaveLength(1)
})

test('the same upload again writes nothing', async () => {
    await upload()
    bucket.requests = []
    await upload()
    expect(bucket.requests.filter((request) => request.startsWith('PUT'))).toEqual([])
})

test('a yank stays', async () => {
    await store(pageOf([{ ...wheel('1.0'), yanked: 'broken' }, wheel('2.0')]))
    await upload({ ...wheel('1.0'), size: 99 })
    expect(page().files[0]).toMatchObject({ size: 99, yanked: 'broken' })
})

test('attestations stay for the same bytes, but not for others', async () => {
    await store(pageOf([{ ...wheel('1.0'), provenance: true }, wheel('2.0')]))
    await upload(wheel('1.0'))
    expect(page().files[0]).toMatchObject({ provenance: true })
    await upload({ ...wheel('1.0'), sha256: 'b'.repeat(64) })
    expect(page().files[0]!.provenance).toBeUndefined()
    await upload({ ...wheel('2.0'), provenance: true })
    expect(page().files[1]).toMatchObject({ provenance: true })
})

test('two spellings of a version are rendered', async () => {
    await store(pageOf([wheel('1.0')]))
    await upload(fileEntry('acme-1.0.0.tar.gz'))
    expect(names()).toHaveLength(2)
})

test.each([['archived'], ['quarantined']])('a project that is %s takes no files', async (status) => {
    await store(pageOf([wheel('1.0')], { status, reason: 'moved' }))
    await expect(upload(wheel('2.0'))).rejects.toThrow(`the project acme is ${status} (moved) and takes no new files`)
    await expect(addFile(index, 'acme', wheel('2.0'))).rejects.toThrow('takes no new files')
    expect(names()).toEqual([wheel('1.0').filename])
})

test('a folder of another tool is left alone', async () => {
    await bucket.write('acme/acme-1.0.zip', Buffer.from('x'), jsonHeaders)
    await expect(upload()).rejects.toThrow('by another tool, but no index.json')
    expect([...bucket.objects.keys()]).toEqual(['acme/acme-1.0.zip'])
})

describe('a server without conditional writes', () => {
    const ignoring: MemoryBucket['put'] = async function (this: MemoryBucket, key, body, headers) {
        return { outcome: 'written', etag: await this.write(key, body, headers) }
    }
    const partly: MemoryBucket['put'] = async (_key, _body, _headers, condition) => ({
        outcome: condition === 'absent' ? 'unsupported' : 'refused',
    })

    test.each<[string, MemoryBucket['put']]>([
        ['it says so', async () => ({ outcome: 'unsupported' })],
        ['it ignores conditions', ignoring],
        ['it has only some', partly],
    ])('%s: nothing is written', async (_name, put) => {
        bucket.isAws = false
        bucket.put = put
        await expect(upload()).rejects.toThrow('has no conditional writes')
        expect([...bucket.objects.keys()]).toEqual([])
    })

    test('its pages stay as they are', async () => {
        await store(pageOf([wheel('1.0')]))
        const before = new Map(bucket.objects)
        bucket.isAws = false
        bucket.put = ignoring
        await expect(upload(wheel('2.0'))).rejects.toThrow('has no conditional writes')
        expect(bucket.objects).toEqual(before)
    })

    test('one that has them is probed once, beside the pages', async () => {
        bucket.isAws = false
        await upload()
        expect(bucket.requests.filter((request) => request.endsWith('.uploads/probe'))).toEqual(['PUT .uploads/probe'])
        expect(names()).toEqual([wheel('1.0').filename])
        expect(bucket.objects.has('.uploads/probe')).toBe(false)
    })
})

test('pages that are not compressed are read, and stay so where nothing compresses', async () => {
    await store(pageOf([wheel('1.0')]), false)
    await upload(wheel('2.0'), new PackageIndex(bucket, uncompressing))
    expect(bucket.objects.get('acme/index.json')!.headers.contentEncoding).toBeUndefined()
    expect(names()).toHaveLength(2)
    await upload(wheel('3.0'))
    expect(bucket.objects.get('acme/index.json')!.headers.contentEncoding).toBe('gzip')
    expect(names()).toHaveLength(3)
})

test('a page that cannot be decompressed is not replaced', async () => {
    await store(pageOf([wheel('1.0')]))
    bucket.objects.get('acme/index.json')!.body.fill(0, 10)
    await expect(upload(wheel('2.0'))).rejects.toThrow('cannot be decompressed')
})

test('20 uploads at once into one project: each is on both pages, and each waits for its turn', async () => {
    await store(pageOf(Array.from({ length: 50 }, (_, number) => wheel(`0.${number}`))))
    const versions = Array.from({ length: 20 }, (_, number) => `1.${number}`)
    await Promise.all(versions.map((version) => upload(wheel(version), new PackageIndex(bucket, platform))))
    expect(names()).toEqual(expect.arrayContaining(versions.map((version) => wheel(version).filename)))
    expect(page().files).toHaveLength(70)
    // Each was made from the one before.
    expect(bucket.requests.filter((request) => request === 'PUT acme/index.html').length).toBe(21)
})

test('20 uploads at once into a new project', async () => {
    const versions = Array.from({ length: 20 }, (_, number) => `1.${number}`)
    await Promise.all(versions.map((version) => upload(wheel(version), new PackageIndex(bucket, platform))))
    expect(page().files).toHaveLength(20)
})

test('an upload that ends at any request leaves valid pages, which the next one completes', async () => {
    for (let at = 1; ; at++) {
        bucket = new MemoryBucket()
        index = new PackageIndex(bucket, platform)
        await upload()
        let count = 0
        bucket.onRequest = () => {
            if (++count >= at) throw new Error('killed')
        }
        const isKilled = await upload(wheel('2.0')).then(
            () => false,
            () => true,
        )
        bucket.onRequest = () => {}
        parseProjectJson(textOf('acme/index.json'), 'acme', 'acme/index.json')
        await upload(wheel('3.0'))
        expect(names()).toContain(wheel('3.0').filename)
        await upload(wheel('2.0'))
        expect(names()).toHaveLength(3)
        if (!isKilled) break
        expect(at).toBeLessThan(30)
    }
})
