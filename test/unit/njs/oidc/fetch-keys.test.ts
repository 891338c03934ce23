import { expect, test } from 'vitest'
import { fetchKeys, originOf } from '../../../../njs/oidc/fetch-keys.js'
import type { Issuer } from '../../../../njs/oidc/stored-keys.js'
import { newSigningKey } from '../../../support/tokens/issuer-keys.js'

const { jwk } = newSigningKey('a')
const issuer: Issuer = { name: 'hub', url: 'https://hub.example.com/x', algorithm: 'RS256', jwks: '' }

/** Fetches the keys of an issuer whose discovery document has this jwks_uri. */
async function fetchFrom(uri: unknown) {
    const asked: string[] = []
    const get = (url: string) => {
        asked.push(url)
        const isDiscovery = url.endsWith('/.well-known/openid-configuration')
        const value = isDiscovery ? { issuer: issuer.url, jwks_uri: uri } : { keys: [jwk] }
        return Promise.resolve({ status: 200, text: JSON.stringify(value) })
    }
    const keys = await fetchKeys(issuer, get).catch((error: Error) => error.message)
    return { keys, asked }
}

test('the keys on the host of the issuer', async () => {
    const { keys, asked } = await fetchFrom('https://HUB.example.com/keys?v=1')
    expect(keys).toMatchObject({ keys: [{ kid: 'a' }] })
    expect(asked).toEqual([
        'https://hub.example.com/x/.well-known/openid-configuration',
        'https://HUB.example.com/keys?v=1',
    ])
})

test.each([
    ...['https://evil.example.com/keys', 'http://hub.example.com/keys', 'https://hub.example.com:8443/keys'],
    ...['https://hub.example.com.evil.org/keys', 'https://hub.example.com@evil.org/keys', 'file:///etc/passwd'],
    ...['https://hub.example.com\\@evil.org/', 'https://hub.example.com#@evil.org/', '//hub.example.com/keys', '/keys'],
    ...[
        'https://hub.example.com/a\r\nHost: evil.org',
        ' https://hub.example.com/keys',
        'https://hub.example.com?x',
        '',
    ],
    ...[undefined, null, 1, ['https://hub.example.com/keys']],
])('jwks_uri %j is not fetched', async (uri) => {
    const { keys, asked } = await fetchFrom(uri)
    expect(keys).toMatch(/its jwks_uri is .*, which is not on the host of the issuer/)
    expect(asked.length).toBe(1)
})

test('the origin of an address', () => {
    expect(originOf('https://[::1]:8443/x')).toBe('https://[::1]:8443')
    expect(originOf('https://a b/')).toBe('')
})
