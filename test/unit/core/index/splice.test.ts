import { expect, test } from 'vitest'
import { openJson, spliceJson, type PageEdit } from '../../../../core/index/splice-json.js'
import { spliceHtml } from '../../../../core/index/splice-html.js'
import { projectHtml } from '../../../../core/page-html.js'
import { emptyPage, toProjectJson, withFiles, type FileEntry, type ProjectPage } from '../../../../core/project-page.js'
import { seededRandom, type SeededRandom } from '../../../support/random/seeded-random.js'
import { nodeEngine } from '../../../../scripts/distribution/file-source.js'
import { fileEntry, pageOf } from '../file-entry.js'

/** As an upload edits: a yank stays. */
const put = (entry: FileEntry): PageEdit => ({
    filename: entry.filename,
    edit: (known) => ({ ...entry, yanked: known?.yanked ?? entry.yanked }),
})

const bytes = (text: string) => Buffer.from(text)

function spliced(page: ProjectPage, edit: PageEdit) {
    const stored = openJson(bytes(toProjectJson(page)), page.name, nodeEngine)
    const edited = stored && spliceJson(stored, page.name, edit, nodeEngine)
    if (edited === undefined) return undefined
    const html = spliceHtml(bytes(projectHtml(page)), page.name, edited, nodeEngine)
    return { json: Buffer.from(edited.json).toString(), html: html && Buffer.from(html).toString() }
}

function rendered(page: ProjectPage, { filename, edit }: PageEdit) {
    const known = page.files.find((file) => file.filename === filename)
    const after = withFiles(page, [...page.files.filter((file) => file !== known), edit(known)])
    return { after, json: toProjectJson(after), html: projectHtml(after) }
}

const parts = ['1.0', '1.1', '1.10', '2.0', '2.0rc1', '2.0.dev3', '1!1.0', '1.0.post2', '3.0+cu12', '3.0+cu12.1', '10']
const tags = ['cp312-cp312-linux_x86_64', 'cp39-abi3-win_amd64', 'py3-none-any', 'py2.py3-none-any']
const reasons = [
    '',
    'broken',
    'a "quoted" <b>reason</b> & more',
    "it's · 日本 😀",
    '\\ "files":[ <h2>1.0</h2>',
    undefined,
    undefined,
]

function randomEntry(random: SeededRandom): FileEntry {
    const version = random.oneOf(parts)
    const filename = random.oneOf([
        `acme-${version}-${random.oneOf(tags)}.whl`,
        `acme-${version}.tar.gz`,
        `acme-${version}.zip`,
    ])
    return fileEntry(filename, {
        size: random.below(1_000_000),
        sha256: random.below(16).toString(16).repeat(64),
        requiresPython: random.oneOf([undefined, '>=3.8', '>=3.8,<4; é']),
        coreMetadata: random.oneOf([undefined, { sha256: 'b'.repeat(64), etag: 'm' }]),
        provenance: random.oneOf([undefined, undefined, true]),
        yanked: random.oneOf(reasons),
    })
}

test('700 random edits of random pages give the bytes that rendering gives', () => {
    const random = seededRandom(2026)
    let page = emptyPage('acme')
    let renderedHtml = 0
    for (let round = 0; round < 700; round++) {
        if (round % 100 === 0) {
            const status = random.oneOf(['active', 'deprecated', 'of later'])
            const reason = random.oneOf([{}, { reason: 'see "files":[ <h2>' }])
            page = { ...emptyPage('acme'), status: { status, ...reason } }
        }
        const edit =
            random.below(4) > 0 || page.files.length === 0
                ? put(randomEntry(random))
                : {
                      filename: random.oneOf(page.files).filename,
                      edit: (known: FileEntry | undefined) => ({
                          ...known!,
                          yanked: ['', 'why', undefined][round % 3],
                      }),
                  }
        const expected = rendered(page, edit)
        const found = spliced(page, edit)
        if (page.files.length === 0) expect(found).toBeUndefined()
        else {
            expect(found?.json).toBe(expected.json)
            expect(found?.html).toBe(expected.html)
            renderedHtml++
        }
        page = expected.after
    }
    expect(renderedHtml).toBeGreaterThan(650)
})

test('a page of 5,000 files needs the memory of two pages', () => {
    const versions = Array.from({ length: 500 }, (_, index) => `${Math.floor(index / 20)}.${index % 20}`)
    const files = versions.flatMap((version) =>
        Array.from({ length: 10 }, (_, index) => fileEntry(`acme-${version}-cp3${index}-none-any.whl`)),
    )
    const page = pageOf(files)
    for (const filename of ['acme-0.0.1-py3-none-any.whl', 'acme-7.3-cp35-none-any.whl', 'acme-99.tar.gz']) {
        const edit = put(fileEntry(filename, { size: 7 }))
        expect(spliced(page, edit)).toEqual({ json: rendered(page, edit).json, html: rendered(page, edit).html })
    }
})

test.each([
    ['no files', emptyPage('acme')],
    ['a quarantined project', pageOf([fileEntry('acme-1.0.zip')], { status: 'quarantined' })],
    ['another spelling of the version', pageOf([fileEntry('acme-1.0.zip')])],
    [
        'another spelling among others',
        pageOf(['0.9', '1.0', '1.1', '1.2'].map((version) => fileEntry(`acme-${version}.zip`))),
    ],
])('a page must be rendered: %s', (_name, page) => {
    expect(spliced(page, put(fileEntry('acme-1.0.0.tar.gz')))).toBeUndefined()
})

const page = pageOf(['acme-1.0.zip', 'acme-2.0.zip', 'acme-3.0.zip'].map((filename) => fileEntry(filename)))
const json = toProjectJson(page)
const html = projectHtml(page)
const edit = put(fileEntry('acme-2.0.tar.gz'))

test.each([
    ['cut off', json.slice(0, -20)],
    ['not JSON', json.replace('"meta"', 'meta')],
    ['another project', json.replace('"acme"', '"other"')],
    ['pretty', JSON.stringify(JSON.parse(json), null, 2)],
    ['without versions', json.replace('"versions"', '"revisions"')],
    ['a line that is not JSON', json.replace('{"filename":"acme-2', '{filename:"acme-2')],
    ['a line of another project', json.replace('"filename":"acme-2', '"filename":"other-2')],
    ['empty', ''],
])('index.json is left to the renderer: %s', (_name, text) => {
    const stored = openJson(bytes(text), 'acme', nodeEngine)
    expect(stored && spliceJson(stored, 'acme', edit, nodeEngine)).toBeUndefined()
})

test.each([
    ['cut off', html.slice(0, -3)],
    ['another status', html.replace('content="active"', 'content="archived"')],
    ['another style', html.replace('font:', 'font :')],
    ['by another tool', '<!DOCTYPE html><a href="acme-1.0.zip">acme-1.0.zip</a>'],
    ['a line that is not one', html.replace('<a href="acme-2', '<b href="acme-2')],
    ['the new file on it already', html.replace('>acme-2.0.zip<', '>acme-2.0.tar.gz<')],
])('index.html is left to the renderer: %s', (_name, text) => {
    const edited = spliceJson(openJson(bytes(json), 'acme', nodeEngine)!, 'acme', edit, nodeEngine)!
    expect(spliceHtml(bytes(html), 'acme', edited, nodeEngine)).toBeDefined()
    expect(spliceHtml(bytes(text), 'acme', edited, nodeEngine)).toBeUndefined()
})
