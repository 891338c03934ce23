import { describe, expect, test } from 'vitest'
import { cells, filesOf, nginxTests, startsNginx } from '../matrix/cells.js'
import { verdict, type CellResult, type Results } from '../matrix/results.js'
import { renderTable } from '../matrix/table.js'

const whole: CellResult = { name: 'trixie', passed: 9, failed: 0, skipped: 0, notRun: [] }

test.each<[string, Partial<CellResult>, string]>([
    ['all ran and passed', {}, 'passed'],
    ['nothing ran', { passed: 0 }, 'not run'],
    ['a file did not run', { notRun: ['a.test.ts'] }, 'incomplete: 1 files not run'],
    ['something failed', { failed: 2 }, '2 failed'],
    ['something failed, and a file did not run', { failed: 2, notRun: ['a.test.ts'] }, '2 failed'],
    ['a suite was skipped', { skipped: 3 }, 'passed, but 3 skipped'],
    ['its nginx is not there', { passed: 0, reason: 'no mmdebstrap' }, 'could not run: no mmdebstrap'],
])('%s', (_name, change, expected) => {
    expect(verdict({ ...whole, ...change })).toBe(expected)
})

describe('the table', () => {
    const keys = { what: 's3', server: 'swift', version: '2.30', feature: 'SigV4' } as const
    const v2 = { ...keys, feature: 'SigV2', lacks: true } as const
    const results: Results = {
        date: '2026-11-25',
        cells: [whole],
        claims: [
            { cell: 'trixie', tested: keys, passed: true },
            { cell: 'trixie', tested: keys, passed: false },
            { cell: 'bookworm', tested: keys, passed: true },
            { cell: 'bookworm', tested: v2, passed: true },
            { cell: 'machine', tested: { what: 'client', name: 'uv', version: '1' }, passed: true },
        ],
    }
    const text = renderTable(results)
    const row = (start: string) =>
        text
            .split('\n')
            .find((line) => line.replaceAll(/ +/g, ' ').startsWith(start))
            ?.replaceAll(/ +/g, ' ')

    test('says of each cell what ran in it, and nothing of the others', () => {
        expect(row('| trixie')).toBe('| trixie | – | – | – | – | 9 | passed |')
        expect(row('| bookworm')).toBe('| bookworm | – | – | – | – | 0 | not run |')
        expect(row('| swift | 2.30 | SigV4')).toBe('| swift | 2.30 | SigV4 | passed | failed | – | – | – |')
        expect(row('| swift | 2.30 | SigV2')).toBe('| swift | 2.30 | SigV2 | refused | – | – | – | – |')
    })

    test('is the same for the same results, in whatever order they came', () => {
        expect(renderTable({ ...results, claims: [...results.claims].reverse() })).toBe(text)
    })
})

test('every cell runs the tests that start nginx, and no others', () => {
    expect(cells.map(({ name }) => name)).toEqual(['bookworm', 'trixie', 'forky-njs', 'forky-qjs'])
    expect(nginxTests()).toContain('test/conformance/keys.test.ts')
    expect(nginxTests()).not.toContain('test/integration/publish-killed.test.ts')
    for (const cell of cells) {
        // It asks nginx whether it takes a configuration: once for each nginx.
        const left = cell.name === 'forky-qjs' ? ['test/integration/generated-config-accepted.test.ts'] : []
        expect(nginxTests().filter((file) => !filesOf(cell).includes(file))).toEqual(left)
    }
    expect(startsNginx("import { startIndex } from '../support/nginx/start-index.js'")).toBe(true)
    expect(startsNginx("import { PackageIndex } from '../../scripts/index/update/package-index.js'")).toBe(false)
})
