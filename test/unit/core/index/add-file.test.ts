import { gunzipSync, gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { addFile, listProjectName, prepareProject } from '../../../../core/index/add-file.js'
import { PackageIndex } from '../../../../core/index/package-index.js'
import type { IndexPlatform } from '../../../../core/index/platform.js'
import { htmlHeaders, jsonHeaders, sourceEtag } from '../../../../core/index/stored-headers.js'
import { projectHtml, rootHtml } from '../../../../core/page-html.js'
import { isMarker, markUnlisted } from '../../../../core/index/unlisted-projects.js'
import { ensureListed, ensureUnlisted } from '../../../../core/index/update-root.js'
import type { UserError } from '../../../../core/user-error.js'
import { emptyPage, parseProjectJson, toProjectJson, type ProjectPage } from '../../../../core/project-page.js'
import { parseRootJson, toRootJson } from '../../../../core/root-page.js'
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
let index: PackageIndex<MemoryBucket>
beforeEach(() => {
    bucket = new MemoryBucket()
    index = new PackageIndex(bucket, platform)
})

const wheel = (version: string, python = 'py3') => fileEntry(`acme-${version}-${python}-none-any.whl`)

async function upload(entry = wheel('1.0'), into = index): Promise<void> {
    await prepareProject(into, 'acme', '.uploads/probe')
    await listProjectName(into, 'acme', await addFile(into, 'acme', entry))
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
    await storeList(['acme'])
}

async function storeList(projects: string[]): Promise<void> {
    const etag = await bucket.write('index.json', gzipSync(toRootJson({ projects })), jsonHeaders)
    await bucket.write('index.html', gzipSync(rootHtml({ projects })), htmlHeaders(etag))
}

/** The listed projects, after a check that both forms are what the renderer makes of them. */
function listed(): string[] {
    const json = textOf('index.json')
    const parsed = parseRootJson(json, 'index.json')
    expect(json).toBe(toRootJson(parsed))
    expect(textOf('index.html')).toBe(rootHtml(parsed))
    expect(bucket.objects.get('index.html')!.headers.metadata?.[sourceEtag]).toBe(
        bucket.objects.get('index.json')!.etag,
    )
    return parsed.projects
}

async function uploadTo(project: string): Promise<void> {
    const into = new PackageIndex(bucket, platform)
    await prepareProject(into, project, '.uploads/probe')
    await listProjectName(
        into,
        project,
        await addFile(into, project, fileEntry(`${project.replace(/-/g, '_')}-1.0.zip`)),
    )
}

const names = () => page().files.map(({ filename }) => filename)

test('the first upload makes the pages and lists the project', async () => {
    await upload()
    expect(names()).toEqual([wheel('1.0').filename])
    expect(listed()).toEqual(['acme'])
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
    await storeList(['beta'])
    await bucket.write('acme/acme-1.0.zip', Buffer.from('x'), jsonHeaders)
    const before = [...bucket.objects.keys()]
    await expect(upload()).rejects.toThrow('by another tool, but no index.json')
    expect([...bucket.objects.keys()]).toEqual(before)
})

describe('the project list', () => {
    const names = Array.from({ length: 300 }, (_, number) => `p${number}`).sort()

    test('of many projects is edited, not rendered', async () => {
        await storeList(names)
        bucket.requests = []
        await upload()
        expect(listed()).toEqual(['acme', ...names])
        expect(bucket.requests.filter((request) => / index\./.test(request))).toEqual([
            ...['HEAD index.json', 'HEAD index.html'],
            ...['GET index.json', 'PUT index.json', 'HEAD index.html', 'GET index.html', 'PUT index.html'],
        ])
    })

    test('is not read for a new version', async () => {
        await storeList(names)
        await upload()
        bucket.requests = []
        await upload(wheel('2.0'))
        expect(bucket.requests.filter((request) => / index\./.test(request))).toEqual(['HEAD index.json'])
    })

    test('is read by a new version whose project is still marked: its first upload was killed', async () => {
        await storeList(names)
        bucket.onRequest = (request) => {
            if (request === 'PUT index.json') throw new Error('killed')
        }
        await expect(upload()).rejects.toThrow('killed')
        bucket.onRequest = () => {}
        expect(listed()).toEqual(names)
        await upload(wheel('2.0'))
        expect(listed()).toEqual(['acme', ...names])
        expect(bucket.objects.has('-/unlisted/acme')).toBe(false)
    })

    test('gets all marked projects by one write', async () => {
        await storeList(names)
        for (const name of ['aaa', 'p150-a', 'zzz', 'p7']) await markUnlisted(bucket, name)
        await prepareProject(index, 'acme', '.uploads/probe')
        bucket.requests = []
        await ensureListed(index, ['acme'])
        expect(listed()).toEqual([...names, 'aaa', 'acme', 'p150-a', 'zzz'].sort())
        expect(bucket.requests.filter((request) => request === 'PUT index.json')).toHaveLength(1)
    })

    test('loses a project, and only that', async () => {
        await storeList(names)
        await ensureUnlisted(index, 'p42')
        await ensureUnlisted(index, 'other')
        expect(listed()).toEqual(names.filter((name) => name !== 'p42'))
    })

    test('that lost the project gets it by the same upload again', async () => {
        await storeList(names)
        await upload()
        await storeList(names)
        await upload(wheel('2.0'))
        expect(listed()).toEqual(names)
        await upload(wheel('2.0'))
        expect(listed()).toEqual(['acme', ...names])
    })

    test('without index.html gets one', async () => {
        await storeList(names)
        bucket.objects.delete('index.html')
        await upload()
        expect(listed()).toEqual(['acme', ...names])
    })

    test('20 new projects at once: each is on both pages', async () => {
        await storeList(names)
        const added = Array.from({ length: 20 }, (_, number) => `new-${number}`)
        await Promise.all(added.map((name) => uploadTo(name)))
        expect(listed()).toEqual([...names, ...added].sort())
    })

    test('of an empty bucket, 20 new projects at once: each is on both pages', async () => {
        const added = Array.from({ length: 20 }, (_, number) => `new-${number}`)
        await Promise.all(added.map((name) => uploadTo(name)))
        expect(listed()).toEqual([...added].sort())
    })
})

describe('a bucket without a project list', () => {
    const plain = { contentType: 'text/plain', cacheControl: 'no-cache' }
    const withFile = gzipSync(toProjectJson(pageOf([wheel('1.0')])))

    test.each<[string, Record<string, Buffer>]>([
        ['it is empty', {}],
        ['bodies of killed uploads, and markers', { '.uploads/x': Buffer.from('x'), '-/unlisted/b': Buffer.from('') }],
        ['folders that are no project', { 'Docs/a.html': Buffer.from('x'), 'simple/index.html': Buffer.from('x') }],
        ['a folder without packages', { 'docs/readme.txt': Buffer.from('x'), 'index.txt': Buffer.from('x') }],
        ['the console made folders', { 'docs/': Buffer.from('') }],
        ['another index under a prefix', { 'team-a/index.json': gzipSync(toRootJson({ projects: ['beta'] })) }],
        ['an empty page, which claims a name', { 'beta/index.json': gzipSync(toProjectJson(emptyPage('beta'))) }],
        ['a project whose publisher was killed', { 'acme/index.json': withFile, '-/unlisted/acme': Buffer.from('') }],
    ])('takes an upload: %s', async (_name, objects) => {
        for (const [key, body] of Object.entries(objects)) await bucket.write(key, body, plain)
        await uploadTo('other')
        const marked = Object.keys(objects)
            .filter(isMarker)
            .map((key) => key.slice('-/unlisted/'.length))
        expect(listed()).toEqual(['other', ...marked].sort())
    })

    test.each<[string, Record<string, Buffer>]>([
        ['a file', { 'acme/acme-1.0.tar.gz': Buffer.from('x') }],
        [
            'a file, but an empty page claims another name',
            {
                'aaa/index.json': gzipSync(toProjectJson(emptyPage('aaa'))),
                'acme/acme-1.0.tar.gz': Buffer.from('x'),
            },
        ],
        ['an index.html', { 'acme/index.html': Buffer.from('x') }],
        ['a page of s3pypi', { 'acme/': Buffer.from('<a href="x">') }],
        ['a page with files', { 'acme/index.json': withFile }],
        ['a large page', { 'acme/index.json': Buffer.alloc(100_000) }],
        [
            'more folders than are looked at',
            Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`A${n}/x`, Buffer.from('x')])),
        ],
    ])('refuses one, and names the command: %s', async (_name, objects) => {
        for (const [key, body] of Object.entries(objects)) await bucket.write(key, body, plain)
        const before = [...bucket.objects.keys()]
        const refused = await uploadTo('other').catch((error: unknown) => error as UserError)
        expect(refused).toMatchObject({ message: expect.stringContaining('no project list (index.json)') })
        expect((refused as UserError).cure).toContain('manage-index rebuild BUCKET')
        expect([...bucket.objects.keys()]).toEqual(before)
        // As after `manage-index rebuild`.
        await storeList(['acme'])
        await uploadTo('other')
        expect(listed()).toEqual(['acme', 'other'])
    })
})

test.each([
    ['of one line', '{"meta":{"api-version":"1.0"},"projects":[{"name":"acme"}]}'],
    ['no list', '[]'],
    ['damaged', '{"meta":'],
])('a project list by another tool is refused for a new project: %s', async (_name, text) => {
    await bucket.write('index.json', Buffer.from(text), jsonHeaders)
    await expect(uploadTo('other')).rejects.toThrow('the project list (index.json) is by another tool')
    expect([...bucket.objects.keys()]).toEqual(['index.json'])
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
