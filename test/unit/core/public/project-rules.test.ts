import { describe, expect, test } from 'vitest'
import { parseRules } from '../../../../core/public/project-rules.js'
import { fileRefusal, pagePolicy, projectRefusal, type PublicPolicy } from '../../../../core/public/public-policy.js'

const now = Date.parse('2026-11-27T12:00:00Z')
const policyOf = (deny: string, allowOnly?: string, other: Partial<PublicPolicy> = {}): PublicPolicy => ({
    cooldown: 0,
    cooldownExcept: [],
    deny: parseRules(deny),
    allowOnly: allowOnly === undefined ? undefined : parseRules(allowOnly),
    ...other,
})

describe('a list of rules', () => {
    test('read for some projects: their rules, and those that may be about them', () => {
        const lines = ['evil', 'evil-twin (typo)', 'evil==1.0 x', 'Evil.Twin', 'ev*', 'other', 'other-2 reason', 'evi']
        const patterns = (projects: string[]) =>
            parseRules(lines.join('\n'), projects).map(({ pattern, versions }) => pattern + versions.length)
        expect(patterns(['evil'])).toEqual(['evil0', 'evil1', 'evil-twin0', 'ev*0'])
        expect(patterns(['other', 'evi'])).toEqual(['evil1', 'evil-twin0', 'ev*0', 'other0', 'evi0'])
        for (const wrong of ['other [', 'other 1.0', 'other v1', 'other, x', '=x']) {
            expect(() => parseRules(`evil\n${wrong}`, ['evil'])).toThrow(/line 2/)
        }
    })

    test('of more than 1 MiB is refused', () => {
        expect(parseRules('evil\n'.repeat(200_000), ['good'])).toEqual([])
        expect(() => parseRules('evil\n'.repeat(220_000), ['good'])).toThrow(/more than 1 MiB/)
    })

    test('a long reason ends with a whole character', () => {
        const [rule] = parseRules(`evil ${'x'.repeat(199)}\u{1f40d}y`)
        expect(rule!.reason).toBe('x'.repeat(199))
        expect(() => encodeURI(rule!.reason)).not.toThrow()
        expect(parseRules(`evil ${'x'.repeat(198)}\u{1f40d}y`)[0]!.reason).toBe(`${'x'.repeat(198)}\u{1f40d}`)
    })

    test.each([
        ['a project', 'Evil_Project', [{ pattern: 'evil-project', reason: '' }]],
        ['with a reason', 'evil   typosquatting, of good', [{ pattern: 'evil', reason: 'typosquatting, of good' }]],
        ['with a comment as reason', 'evil # 2 of them', [{ pattern: 'evil', reason: '2 of them' }]],
        ['a version', 'evil==1.2 CVE-2026-1', [{ pattern: 'evil', reason: 'CVE-2026-1' }]],
        ['with spaces', '\tevil  >= 1.2 , < 2\tCVE-2026-1\r', [{ pattern: 'evil', reason: 'CVE-2026-1' }]],
        ['a pattern', 'evil-*', [{ pattern: 'evil-*', reason: '' }]],
        ['comments and empty lines', '\n# evil\n   \n  # x\n', []],
    ])('%s', (_what, text, expected) => {
        expect(parseRules(text)).toMatchObject(expected)
        expect(parseRules(text)).toHaveLength(expected.length)
    })

    test.each([
        'evil=1.2',
        'evil=>1.2',
        'evil==',
        'evil==1.2,',
        'evil==1.2 <3',
        'evil==1.2, x',
        'evil==one',
        'evil>1.*',
        'evil 1.2',
        'evil v1.2 bad',
        'evil[extra]',
        'evil; python_version < "3"',
        'evil @ https://example.com/evil.whl',
        '-r other.txt',
        '--hash',
        'évil',
        '==1.2',
        'evil/x',
        'evil,good',
        'evil-',
    ])('refuses %s, and names the line', (line) => {
        expect(() => parseRules(`good\n${line}\n`)).toThrow('line 2, ')
    })
})

describe('a project', () => {
    const deny = 'evil  malware\nbad-* \nold<2 CVE'
    test.each([
        ['evil', 'malware'],
        ['bad-one', ''],
        ['old', undefined],
        ['good', undefined],
        ['evil2', undefined],
    ])('%s: %j', (project, refusal) => {
        expect(projectRefusal(policyOf(deny), project)).toBe(refusal)
    })

    test('that is not allowed', () => {
        const policy = policyOf('evil x', 'good\nold<2\nevil\n')
        expect(projectRefusal(policy, 'good')).toBeUndefined()
        expect(projectRefusal(policy, 'old')).toBeUndefined()
        expect(projectRefusal(policy, 'evil')).toBe('x')
        expect(projectRefusal(policy, 'other')).toMatch(/--allow-only/)
        expect(projectRefusal(policyOf('', ''), 'good')).toMatch(/--allow-only/)
    })
})

describe('the page of a project', () => {
    test('has a cut-off, unless it is excepted', () => {
        const policy = policyOf('', undefined, { cooldown: 7 * 86400, cooldownExcept: ['acme-*', 'six'] })
        expect(pagePolicy(policy, 'demo', now)).toEqual({ cutoff: '2026-11-20T12:00:00', refusal: undefined })
        expect(pagePolicy(policy, 'acme-x', now).cutoff).toBe('')
        expect(pagePolicy(policy, 'six', now).cutoff).toBe('')
        expect(pagePolicy(policy, 'six2', now).cutoff).not.toBe('')
        expect(pagePolicy(policyOf(''), 'demo', now).cutoff).toBe('')
    })

    test('has rules only if some are about it', () => {
        const policy = policyOf('old<2 CVE\nold==3\nother', 'old>=1\nfree')
        expect(pagePolicy(policy, 'free', now).refusal).toBeUndefined()
        const refusal = pagePolicy(policy, 'old', now).refusal!
        expect([refusal('1.5'), refusal('2.0'), refusal('3'), refusal('2rc1')]).toEqual([
            'CVE',
            undefined,
            '',
            undefined,
        ])
        // In doubt, it is denied.
        expect(refusal(undefined)).toBe('CVE')
        expect(pagePolicy(policyOf('', 'old>=1'), 'old', now).refusal!('0.9')).toMatch(/--allow-only/)
        expect(pagePolicy(policyOf('', 'old>=1'), 'old', now).refusal!(undefined)).toMatch(/--allow-only/)
    })
})

describe('a file', () => {
    const policy = policyOf('evil malware\nold<2 CVE\nmy-2==1 x')
    test.each([
        ['evil-1.0.tar.gz', 'malware'],
        ['Evil-1.0-py3-none-any.whl', 'malware'],
        ['evil-1.0-py3-none-any.whl.metadata', 'malware'],
        ['old-1.9-py3-none-any.whl', 'CVE'],
        ['old-1.9.zip', 'CVE'],
        ['old-2.0.zip', undefined],
        ['old-2.0-py3-none-any.whl.metadata', undefined],
        // Formats that installers ignore, whose version is not known.
        ['old-2.0-py2.7.egg', 'CVE'],
        ['old-2.0.win32.exe', 'CVE'],
        ['old-x-py3-none-any.whl', 'CVE'],
        ['good-1.0.tar.gz', undefined],
        ['my-2-1.tar.gz', 'x'],
        ['my-3-1.tar.gz', undefined],
    ])('%s: %j', (filename, refusal) => {
        expect(fileRefusal(policy, filename)).toBe(refusal)
    })

    test.each([
        ['evil-1.0-snapshot-2.tar.gz', 'x'],
        ['evil-1.0.tar.gz', 'x'],
        ['evil-twin-1.0.tar.gz', undefined],
        ['evil-twin-1.0-snapshot-2.tar.gz', undefined],
        ['good-evil-1.0.tar.gz', undefined],
    ])('of an sdist from before PEP 440: %s', (filename, reason) => {
        expect(fileRefusal(policyOf('evil x'), filename)).toBe(reason)
    })

    test.each([
        ['a+b-1.0.tar.gz', true],
        ['_x-1.0.tar.gz', true],
        ['a+b-1.0-py3-none-any.whl', true],
        // S3 would be asked for each beginning.
        [`${'a-'.repeat(100)}1.0.egg`, true],
        ['a!~', true],
        ['scikits.foo-bar-1.0+local-py2.7-macosx-10.6-intel.egg', false],
        [`${'a-'.repeat(100)}1.0.tar.gz`, false],
        ['six-1.0+local-py3-none-any.whl', false],
    ])('whose name no project has: %s', (filename, isRefused) => {
        expect(fileRefusal(policyOf(''), filename)).toBe(isRefused ? 'not the name of a file of a project' : undefined)
    })

    test('that is not allowed', () => {
        const only = policyOf('', 'good\nold<2')
        const refused = (filename: string) => fileRefusal(only, filename) !== undefined
        expect(['good-1.tar.gz', 'old-1.0.zip', 'good-1-py3-none-any.whl.metadata'].map(refused)).toEqual([
            false,
            false,
            false,
        ])
        expect(['other-1.tar.gz', 'old-2.0.zip', 'old-2-py3.egg', 'nonsense'].map(refused)).toEqual([
            true,
            true,
            true,
            true,
        ])
    })
})
