import { maxKeySetSize, parseKeySet, type IssuerKeys } from '../../core/tokens/issuer-keys.js'
import { quoted } from '../../core/tokens/quoted.js'
import { parseJsonObject } from '../../core/tokens/strict-json.js'
import type { Issuer } from './stored-keys.js'

/** GETs a URL without following redirects. Rejects when it gets no response. */
export type Get = (url: string) => Promise<{ status: number; text: string }>

/**
 * Fetches the keys of an issuer, whose discovery document says where they are unless the configuration does.
 *
 * Rejects with an Error that names the cause.
 *
 * @see OpenID Connect Discovery 1.0, 4
 */
export async function fetchKeys(issuer: Issuer, get: Get): Promise<IssuerKeys> {
    const url = issuer.jwks === '' ? await discover(issuer, get) : issuer.jwks
    return named(url, parseKeySet, await textOf(url, get), issuer.algorithm)
}

async function discover(issuer: Issuer, get: Get): Promise<string> {
    const url = issuer.url.replace(/\/$/, '') + '/.well-known/openid-configuration'
    const document = named(url, parseJsonObject, await textOf(url, get))
    // Otherwise one issuer could speak for another.
    if (document.issuer !== issuer.url) {
        throw new Error(`${url}: its issuer is ${quoted(document.issuer)} instead of ${quoted(issuer.url)}`)
    }
    const { jwks_uri: uri } = document
    if (typeof uri !== 'string' || originOf(uri) === '' || originOf(uri) !== originOf(issuer.url)) {
        throw new Error(
            `${url}: its jwks_uri is ${quoted(uri)}, which is not on the host of the issuer; ` +
                'if it should be, name it as "jwks" of the issuer',
        )
    }
    return uri
}

/** `https://HOST[:PORT]`, or empty for another text. Without user names, in which a host could hide. */
export function originOf(url: string): string {
    const match = /^(https?:\/\/[A-Za-z0-9.\[\]:-]+)(?:\/[!-~]*)?$/.exec(url)
    return match === null ? '' : match[1]!.toLowerCase()
}

async function textOf(url: string, get: Get): Promise<string> {
    let answer: { status: number; text: string }
    try {
        answer = await get(url)
    } catch (error) {
        throw new Error(`${url}: ${(error as Error).message}`)
    }
    if (answer.status !== 200) throw new Error(`${url}: status ${answer.status}`)
    if (answer.text.length > maxKeySetSize) throw new Error(`${url}: more than ${maxKeySetSize} bytes`)
    return answer.text
}

/** Puts the URL in front of the message of an error. */
function named<Values extends unknown[], Result>(
    url: string,
    parse: (...values: Values) => Result,
    ...values: Values
): Result {
    try {
        return parse(...values)
    } catch (error) {
        throw new Error(`${url}: ${(error as Error).message}`)
    }
}
