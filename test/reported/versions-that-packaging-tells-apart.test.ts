/**
 * Reported: two versions of many digits, or with a local segment such as 12e4567, were taken for one, so that `remove` of
 * one deleted both. Source: review of November 2026 (L1, L2).
 * Right: what is a version, how it is shown, and which of two is older is what Python's `packaging` says.
 */
import { expect, test } from 'vitest'
import { isSpecifierSet } from '../../core/specifier-set.js'
import { compareVersions, normalizeVersion } from '../../core/version.js'
import { askPackaging, missingPackaging } from '../support/python/python-packaging.js'
import { describeWhere } from '../support/machine/requirements.js'
import { seededRandom } from '../support/random/seeded-random.js'
import { neighbour, versionText } from '../support/random/version-texts.js'

const pairCount = 20_000

describeWhere('PEP 440 as packaging reads it', missingPackaging(), () => {
    test(`${pairCount} pairs of versions, most of them close neighbours`, () => {
        const random = seededRandom(440)
        const pairs = [...Array(pairCount)].map((_, position): [string, string] => {
            const first = versionText(random)
            return [first, position % 4 === 0 ? versionText(random) : neighbour(random, first)]
        })
        const expected = askPackaging<[string | null, string | null, number | null][]>(
            `
def parse(text):
    try:
        return version.Version(text)
    except version.InvalidVersion:
        return None
answers = []
for a, b in given:
    a, b = parse(a), parse(b)
    order = None if a is None or b is None else (a > b) - (a < b)
    answers.append([a and str(a), b and str(b), order])
print(json.dumps(answers))`,
            pairs,
        )
        const wrong = pairs.flatMap(([a, b], position) => {
            const normal = [normalizeVersion(a) ?? null, normalizeVersion(b) ?? null]
            const order = normal.includes(null) ? null : Math.sign(compareVersions(a, b))
            const answer = [...normal, order]
            const right = expected[position]!
            return JSON.stringify(answer) === JSON.stringify(right) ? [] : [{ a, b, answer, right }]
        })
        expect(wrong).toEqual([])
        // The generator makes what is worth comparing.
        const orders = expected.map(([, , order]) => order)
        for (const kind of [null, -1, 0, 1]) {
            expect(orders.filter((order) => order === kind).length).toBeGreaterThan(pairCount / 20)
        }
    })

    test('20,000 sets of specifiers', () => {
        const random = seededRandom(345)
        const operators = ['>=', '<=', '>', '<', '==', '!=', '~=', '===', '=', '', '=>', '~', '!=~', '>= ', ' <']
        const one = () =>
            random.oneOf(operators) +
            random.oneOf(['', '', ' ']) +
            versionText(random) +
            random.oneOf(['', '', '', '', '.*', ' ', '*', '.', ')', ';', ',', "'"])
        const texts = [...Array(20_000)].map(() => [...Array(1 + random.below(3))].map(one).join(','))
        texts.push('', ' ', ',', '>=3.8,', ',>=3.8', '>=3.8,,<4', '>=3.6.*', '<= 3.*', '>=3.8 <4', '3.8')
        const expected = askPackaging<boolean[]>(
            `
def valid(text):
    try:
        specifiers.SpecifierSet(text)
        return True
    except specifiers.InvalidSpecifier:
        return False
print(json.dumps([valid(text) for text in given]))`,
            texts,
        )
        expect(texts.filter((text, position) => isSpecifierSet(text) !== expected[position])).toEqual([])
        expect(expected.filter(Boolean).length).toBeGreaterThan(2_000)
        expect(expected.filter((valid) => !valid).length).toBeGreaterThan(2_000)
    })
})
