import { createPublicKey, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { verifyIdToken, type IdTokenContext, type TrustedIssuer } from '../../../../core/tokens/id-token.js'
import { parseKeySet, type IssuerKeys } from '../../../../core/tokens/issuer-keys.js'
import { RefusedToken } from '../../../../core/tokens/refused-token.js'
import { hostileTokens } from '../../../support/tokens/hostile-tokens.js'
import { githubClaims, gitlabClaims } from '../../../support/tokens/ci-claims.js'
import { newSigningKey, signToken } from '../../../support/tokens/issuer-keys.js'

const now = 1_800_000_000
const rsa = newSigningKey('rsa-1')
const ec = newSigningKey('ec-1', 'ES256')
const weak = newSigningKey('weak', 'RS256', 1024)
const github: TrustedIssuer = {
    name: 'hub',
    url: 'https://token.actions.githubusercontent.com',
    algorithm: 'RS256',
}
const gitlab: TrustedIssuer = { name: 'lab', url: 'https://gitlab.com', algorithm: 'ES256' }
const keySet = (...keys: object[]) => JSON.stringify({ keys })
const keys: Record<string, IssuerKeys> = {
    hub: parseKeySet(keySet(rsa.jwk, weak.jwk, { ...ec.jwk, kid: 'ec-of-hub' }), 'RS256'),
    lab: parseKeySet(keySet(ec.jwk), 'ES256'),
}

function context(changes: Partial<IdTokenContext> = {}): IdTokenContext & { wanted: string[] } {
    const wanted: string[] = []
    return {
        wanted,
        issuers: [github, gitlab],
        audience: 'pypi.example.com',
        now,
        keysOf: ({ name }) => keys[name],
        wantKeys: ({ name }) => void wanted.push(name),
        verify: async (algorithm, key, signature, text) =>
            verify(
                'sha256',
                Buffer.from(text),
                {
                    key: createPublicKey({ key: key as never, format: 'jwk' }),
                    ...(algorithm === 'ES256' && { dsaEncoding: 'ieee-p1363' as const }),
                },
                signature,
            ),
        ...changes,
    }
}

const good = () => signToken(rsa, githubClaims(now))
const claims = (changes: Record<string, unknown>) => signToken(rsa, githubClaims(now, changes))
const header = (changes: Record<string, unknown>) => signToken(rsa, githubClaims(now), changes)

test('tokens as GitHub and GitLab make them', async () => {
    const verified = await verifyIdToken(good(), context())
    expect(verified).toMatchObject({ issuer: github, subject: 'repo:acme/tools:environment:pypi', expires: now + 300 })
    expect(verified.claims.repository).toBe('acme/tools')
    const token = signToken(ec, gitlabClaims(now))
    expect(await verifyIdToken(token, context())).toMatchObject({ issuer: gitlab })
})

test.each<[string, () => string]>([
    ['an audience in a list', () => claims({ aud: ['pypi.example.com'] })],
    ['no typ', () => header({ typ: undefined })],
    ['x5t, which GitHub has', () => header({ x5t: 'eBZ_cn3sXYAd0ch4THBKHIgOwOE' })],
    ['expired within the skew', () => claims({ exp: now - 59, iat: now - 359 })],
    ['the issuer has a clock that is ahead', () => claims({ iat: now + 59, nbf: now + 59 })],
    ['no nbf', () => claims({ nbf: undefined })],
    ['no jti', () => claims({ jti: undefined })],
    ['fractions of seconds', () => claims({ exp: now + 300.5 })],
    ['spaces in the JSON', () => signToken(rsa, ` ${JSON.stringify(githubClaims(now), null, 2)}\n`)],
    [
        'an escaped surrogate pair',
        () => signToken(rsa, JSON.stringify(githubClaims(now)).replace('{', '{"a":"\\ud83d\\ude00",')),
    ],
    ['a text with escapes', () => claims({ workflow: '"\\/\b\f\n\r\t\u00e9\ud83d\ude00' })],
])('accepted: %s', async (_name, token) => {
    expect((await verifyIdToken(token(), context())).issuer).toBe(github)
})

describe('hostile tokens', () => {
    const table = hostileTokens({
        now,
        hub: { url: github.url, key: rsa, weak },
        lab: { url: gitlab.url, key: ec },
        stranger: newSigningKey('rsa-1'),
        strangeEc: newSigningKey('ec-1', 'ES256'),
    })

    test('are at least 60, each with another message or form', () => {
        expect(table.length).toBeGreaterThanOrEqual(60)
        expect(new Set(table.map(([name]) => name)).size).toBe(table.length)
    })

    test.each(table)('%s', async (_name, token, message) => {
        const hostile = token()
        const error: unknown = await verifyIdToken(hostile, context()).catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(RefusedToken)
        const { message: said, cure, code } = error as RefusedToken
        expect(said).toMatch(message)
        expect(code).toBe('invalid-token')
        expect(said + cure).toMatch(/^[\x20-\x7e]{1,600}$/)
        if (typeof hostile === 'string' && hostile.length > 40) {
            for (const part of hostile.split('.')) if (part.length > 20) expect(said + cure).not.toContain(part)
        }
    })
})

test('keys that have not been fetched are asked for, and nothing falls open', async () => {
    const asked = context({ keysOf: () => undefined })
    const error = await verifyIdToken(good(), asked).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('hub') as string })
    expect(asked.wanted).toEqual(['hub'])
})

test('an unknown key is asked for; a known one is not', async () => {
    const asked = context()
    await verifyIdToken(good(), asked)
    expect(asked.wanted).toEqual([])
    await expect(verifyIdToken(signToken(newSigningKey('new'), githubClaims(now)), asked)).rejects.toThrow(
        /kid is "new"/,
    )
    expect(asked.wanted).toEqual(['hub'])
})

test('a verification that fails is no success', async () => {
    const broken = context({ verify: () => Promise.reject(new Error('point is not on curve')) })
    const error = await verifyIdToken(good(), broken).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ message: 'the signature cannot be verified' })
    expect((error as RefusedToken).log).toContain('point is not on curve')
    const lax = context({ verify: (() => Promise.resolve(1)) as never })
    await expect(verifyIdToken(good(), lax)).rejects.toThrow(/the signature is not/)
})
