import { expect, test } from 'vitest'
import { explainToken } from '../../../scripts/publishers/explain-token.js'
import { readPublishers } from '../../../scripts/publishers/read-publishers.js'
import { githubClaims } from '../../support/tokens/ci-claims.js'
import { newSigningKey, signToken } from '../../support/tokens/issuer-keys.js'

const now = 1_800_000_000
const stranger = newSigningKey('any')
const { trusted } = readPublishers(
    `publishers:
  - {issuer: github, repository: acme/tools, environment: pypi, tag: v*, projects: acme-tools}
  - {issuer: github, repository: acme/other, environment: prod, projects: other}
  - {issuer: gitlab, project: group/tool, projects: tool}`,
    'publishers.yaml',
    'pypi.example.com',
)
const explain = (changes: Record<string, unknown> = {}) =>
    explainToken(signToken(stranger, githubClaims(now, changes)) + '\n', trusted, now)

test('a token that matches: it says that the signature is not verified', () => {
    const { text, wouldUpload } = explain()
    expect(wouldUpload).toBe(true)
    expect(text).toMatch(/^The signature is not verified/)
    expect(text).toContain('publisher 1 (line 2): matches, for acme-tools\n')
    expect(text).toContain(
        'publisher 2 (line 3): does not match\n' +
            '    repository is "acme/tools", expected "acme/other"\n' +
            '    environment is "pypi", expected "prod"\n',
    )
    expect(text).not.toContain('publisher 3')
    expect(text).toMatch(/Yes: a token with a valid signature uploads acme-tools\.\n$/)
})

test.each<[string, Record<string, unknown>, RegExp]>([
    [
        'no publisher',
        { ref: 'refs/heads/main' },
        /ref is "refs\/heads\/main", expected "refs\/tags\/v\*"\n[^]*No: no publisher matches/,
    ],
    [
        'another audience',
        { aud: 'pypi' },
        /problem {3}aud is "pypi" instead of "pypi.example.com"\n[^]*No, for the reasons/,
    ],
    [
        'expired',
        { iat: now - 360, exp: now - 60 },
        /problem {3}exp is .* has expired\n[^]*publisher 1 .* matches[^]*No, for the reasons/,
    ],
    ['too long a life', { exp: now + 90_000 }, /problem {3}exp is 90000 seconds after iat/],
    ['no sub', { sub: '' }, /problem {3}sub is ""/],
    ['exp is a text', { exp: 'x' }, /problem {3}exp is "x"/],
    [
        'an unknown issuer',
        { iss: 'https://evil.example.com' },
        /No: no publisher has this issuer. Those of the file: github \(https/,
    ],
])('%s', (_name, changes, expected) => {
    const { text, wouldUpload } = explain(changes)
    expect(wouldUpload).toBe(false)
    expect(text).toMatch(expected)
})

test('the algorithm', () => {
    const token = signToken(newSigningKey('x', 'ES256'), githubClaims(now))
    expect(explainToken(token, trusted, now).text).toContain('problem   alg is "ES256" instead of "RS256"')
})

test('what is no token', () => {
    expect(() => explainToken('eyJ', trusted, now)).toThrow('the token has 1 parts')
})
