/**
 * Not reported yet: which versions a rule of --deny is about, such as `project<2`. A version that is wrongly left out would
 * be let through. Source: PEP 440 has many exceptions (`1.0rc1` is not `<1.0`), and each implementation got some wrong.
 * Right: what Python's `packaging` says.
 */
import { expect, test } from 'vitest'
import { matchesSpecifiers, parseSpecifiers } from '../../core/version-specifiers.js'
import { normalizeVersion } from '../../core/version.js'
import { askPackaging, missingPackaging } from '../support/python/python-packaging.js'
import { describeWhere } from '../support/machine/requirements.js'
import { seededRandom, type SeededRandom } from '../support/random/seeded-random.js'
import { neighbour, versionText } from '../support/random/version-texts.js'

const count = 10_000

/** A version whose neighbours are often equal, or of the same series. */
function smallVersion(random: SeededRandom): string {
    const one = () => String(random.below(3))
    return [
        random.oneOf(['', '', '', '1!']),
        random.oneOf([one(), `${one()}.${one()}`, `${one()}.${one()}.${one()}`, `${one()}.0.0.0`]),
        random.oneOf(['', '', '', `a${one()}`, `rc${one()}`]),
        random.oneOf(['', '', '', `.post${one()}`]),
        random.oneOf(['', '', '', `.dev${one()}`]),
        random.oneOf(['', '', '', `+${one()}`, '+cu121', '+1e5']),
    ].join('')
}

/** Of `~=`, older packaging takes parts such as `.Dev` for parts of the release. */
function specifier(operator: string, operand: string, end: string): string {
    return operator + (operator === '~=' ? (normalizeVersion(operand) ?? operand) : operand) + end
}

/** Older packaging does not compare the epochs of series, and takes `===` without an operand. */
function isReadInTwoWays([version, set]: [string, string]): boolean {
    return (/~=|\.\*/.test(set) && (version + set).includes('!')) || /===\s*(?:,|$)/.test(set)
}

describeWhere('PEP 440 as packaging reads it', missingPackaging(), () => {
    test(`${count} versions and sets of specifiers`, () => {
        const random = seededRandom(441)
        const operators = ['>=', '<=', '>', '<', '==', '!=', '~=', '===']
        const some = () => (random.below(4) === 0 ? versionText(random) : smallVersion(random))
        const made = Array.from({ length: count }, (): [string, string] => {
            const version = some()
            const operand = random.oneOf([some, () => neighbour(random, version), () => version.replace(/\+.*$/, '')])()
            const set = specifier(random.oneOf(operators), operand, random.oneOf(['', '', '', '.*']))
            const other = specifier(random.oneOf(operators), some(), '')
            return [version, random.below(6) === 0 ? `${set},${other}` : set]
        })
        const pairs = made.filter((pair) => !isReadInTwoWays(pair))
        const expected = askPackaging<(boolean | null)[]>(
            `
answers = []
for text, specifier in given:
    try:
        answers.append(specifiers.SpecifierSet(specifier).contains(version.Version(text), prereleases=True))
    except (version.InvalidVersion, specifiers.InvalidSpecifier):
        answers.append(None)
print(json.dumps(answers))`,
            pairs,
        )
        const wrong = pairs.flatMap(([text, set], index) => {
            const version = normalizeVersion(text)
            const parsed = parseSpecifiers(set)
            const answer = version === undefined || parsed === undefined ? null : matchesSpecifiers(parsed, version)
            return answer === expected[index] ? [] : [{ text, set, answer, right: expected[index] }]
        })
        expect(wrong.slice(0, 20)).toEqual([])
        for (const kind of [null, true, false]) {
            expect(expected.filter((answer) => answer === kind).length).toBeGreaterThan(count / 20)
        }
    })
})
