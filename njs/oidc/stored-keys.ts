import type { IssuerKeys } from '../../core/tokens/issuer-keys.js'
import type { TrustedPublishing } from '../../core/tokens/publishers.js'

export type Issuer = TrustedPublishing['issuers'][number]

/** Milliseconds. An issuer that withdraws a key must be heard within a day. */
export const maxKeyAge = 24 * 3600 * 1000

/** Names in the shared memory. */
export const storedKeysName = (issuer: Issuer) => 'keys ' + issuer.name
export const wantedName = (issuer: Issuer) => 'wanted ' + issuer.name

/** What the keys depend on: after a reload with other settings they are fetched again. */
export function planOf({ url, algorithm, jwks }: Issuer): string {
    return [url, algorithm, jwks].join(' ')
}

/** @param now milliseconds since 1970 */
export function encodeKeys(issuer: Issuer, keys: IssuerKeys, now: number): string {
    return JSON.stringify({ plan: planOf(issuer), fetched: now, keys: keys.keys, unusable: keys.unusable })
}

/** @returns undefined for keys of other settings, and for those that are too old */
export function decodeKeys(issuer: Issuer, text: string | undefined, now: number): IssuerKeys | undefined {
    if (text === undefined) return undefined
    const stored = JSON.parse(text) as IssuerKeys & { plan: string; fetched: number }
    const isFresh = now >= stored.fetched - 60000 && now - stored.fetched < maxKeyAge
    return stored.plan === planOf(issuer) && isFresh ? { keys: stored.keys, unusable: stored.unusable } : undefined
}
