import { expect, test } from 'vitest'
import { listHtml, openList, spliceList, spliceListHtml, type ListEdit } from '../../../../core/index/splice-root.js'
import { rootHtml } from '../../../../core/page-html.js'
import { rootPage, toRootJson, type RootPage } from '../../../../core/root-page.js'
import { nodeEngine } from '../../../../scripts/distribution/file-source.js'
import { seededRandom, type SeededRandom } from '../../../support/random/seeded-random.js'

const bytes = (text: string) => Buffer.from(text)
const text = (page: Uint8Array | undefined) => page && Buffer.from(page).toString()

function spliced(page: RootPage, edit: ListEdit) {
    const edited = spliceList(bytes(toRootJson(page)), edit, nodeEngine)
    const html = edited && spliceListHtml(bytes(rootHtml(page)), edited.edit, nodeEngine)
    return { json: text(edited?.json), html: text(html) }
}

function rendered(page: RootPage, { added, removed }: ListEdit): RootPage {
    const gone = new Set(removed)
    return rootPage([...page.projects, ...added].filter((name) => !gone.has(name)))
}

/** Short, so that names are prefixes of others and meet again; digits only, as `Object.keys` would reorder. */
function randomName(random: SeededRandom): string {
    const size = 1 + random.below(4)
    const name = Array.from({ length: size }, () => random.oneOf([...'ab019-'])).join('')
    return name.replace(/^-+|-+$/g, '').replace(/-+/g, '-') || random.oneOf(['0', 'constructor', '--proto--'])
}

const someNames = (random: SeededRandom, most: number) =>
    Array.from({ length: random.below(most + 1) }, () => randomName(random))

test('500 random edits of random lists give the bytes that rendering gives', async () => {
    const random = seededRandom(2026)
    let page: RootPage = { projects: [] }
    for (let round = 0; round < 500; round++) {
        if (round % 50 === 0) page = rootPage(round % 100 === 0 ? [] : someNames(random, 60))
        const known = page.projects.length > 0 ? [random.oneOf(page.projects)] : []
        const edit = {
            added: someNames(random, 4),
            removed: round % 3 === 0 ? [...known, ...someNames(random, 3)] : [],
        }
        const after = rendered(page, edit)
        expect(spliced(page, edit)).toEqual({ json: toRootJson(after), html: rootHtml(after) })
        expect(text(await listHtml(bytes(toRootJson(after)), nodeEngine))).toBe(rootHtml(after))
        page = after
    }
})

test('all projects are removed, and others added', () => {
    const page = { projects: ['a', 'b', 'c'] }
    expect(spliced(page, { added: [], removed: ['c', 'a', 'b'] }).json).toBe(toRootJson({ projects: [] }))
    expect(spliced(page, { added: ['d', '0'], removed: ['c', 'a', 'b'] }).json).toBe(
        toRootJson({ projects: ['0', 'd'] }),
    )
})

test('an edit that changes nothing returns the same bytes', () => {
    const json = bytes(toRootJson({ projects: ['acme', 'beta'] }))
    const edited = spliceList(json, { added: ['beta'], removed: ['other'] }, nodeEngine)!
    expect(edited.json).toBe(json)
    expect(edited.edit).toEqual({ added: [], removed: [] })
})

const edit = { added: ['bbb'], removed: [] }
const json = toRootJson({ projects: ['aaa', 'acme', 'zeta'] })

test.each([
    ['another head', json.replace('1.4', '1.0')],
    ['one line', json.replaceAll('\n', '')],
    ['no end', json.slice(0, -2)],
    ['a line with more', json.replace('{"name":"acme"}', '{"name":"acme","_x":1}')],
    ['a name that JSON escapes', json.replace('acme', '\\u0061cme')],
    ['a name that is not normalised', json.replace('acme', 'Acme')],
    ['no comma before the new line', json.replace('"acme"},', '"acme"} ')],
    ['white space', json.replace('[\n', '[\n\n')],
    ['nothing', ''],
    ['an empty list with a line feed', json.replace(/\[[^]*\]/, '[\n]')],
])('index.json is left to the renderer: %s', async (_name, other) => {
    expect(spliceList(bytes(json), edit, nodeEngine)).toBeDefined()
    expect(other).not.toBe(json)
    expect(spliceList(bytes(other), edit, nodeEngine)).toBeUndefined()
    expect(await listHtml(bytes(json), nodeEngine)).toBeDefined()
    expect(await listHtml(bytes(other), nodeEngine)).toBeUndefined()
})

test('a list of names with an escaped one is opened, but not edited beside it', () => {
    expect(openList(bytes(json))).toBeDefined()
    expect(openList(bytes(json.replace('{"name":"aaa"}', '{"Name":"aaa"}')))).toBeUndefined()
})

const html = rootHtml({ projects: ['aaa', 'acme', 'zeta'] })

test.each([
    ['another style', html.replace('60rem', '61rem')],
    ['something after it', `${html}<!-- -->`],
    ['a link to another place', html.replace('href="acme/"', 'href="acm/"')],
    ['other attributes', html.replace('<a href="acme', '<a class="x" href="acme')],
    ['the new project on it already', rootHtml({ projects: ['aaa', 'acme', 'bbb', 'zeta'] })],
    ['nothing', ''],
])('index.html is left to the renderer: %s', (_name, other) => {
    expect(spliceListHtml(bytes(html), edit, nodeEngine)).toBeDefined()
    expect(other).not.toBe(html)
    expect(spliceListHtml(bytes(other), edit, nodeEngine)).toBeUndefined()
})

test('index.html without the project that is removed is left to the renderer', () => {
    const removal = { added: [], removed: ['acme'] }
    expect(spliceListHtml(bytes(html), removal, nodeEngine)).toBeDefined()
    expect(spliceListHtml(bytes(rootHtml({ projects: ['aaa'] })), removal, nodeEngine)).toBeUndefined()
})
