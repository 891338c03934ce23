import { expect, test } from 'vitest'
import { requestKinds } from '../../../bench/end-to-end/requests.js'

const keys = [
    'index.json',
    'index.html',
    ...['demo', 'large-project'].flatMap((project) =>
        ['index.json', 'index.html', 'x-1.0-py3-none-any.whl', 'x-1.0-py3-none-any.whl.metadata'].map(
            (name) => `${project}/${name}`,
        ),
    ),
]
const objects = keys.map((key) => ({ key, size: key.length, md5: `md5 of ${key}` }))
const kinds = new Map(requestKinds(objects, ({ md5 }) => `"${md5}"`).map((kind) => [kind.name, kind]))

test.each([
    ['page, JSON', ['/simple/demo/']],
    ['page, HTML', ['/simple/demo/']],
    ['page, not modified', ['/simple/demo/']],
    ['large page, JSON, gzip', ['/simple/large-project/']],
    ['.metadata', ['/simple/demo/x-1.0-py3-none-any.whl.metadata']],
    ['wheel', ['/simple/demo/x-1.0-py3-none-any.whl']],
])('%s is asked for at its path, once', (name, paths) => {
    expect(kinds.get(name)!.requests.map(({ path }) => path)).toEqual(paths)
})

test('only what is to be not modified says which JSON is known', () => {
    const conditional = [...kinds.values()].filter((kind) => kind.requests.some(({ ifNoneMatch }) => ifNoneMatch))
    expect(conditional.map(({ name, status }) => [name, status])).toEqual([['page, not modified', 304]])
    expect(conditional[0]!.requests[0]!.ifNoneMatch).toBe('"md5 of demo/index.json"')
})
