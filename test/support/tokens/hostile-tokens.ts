import { githubClaims, gitlabClaims } from './ci-claims.js'
import { encoded, hmacToken, signToken, type SigningKey } from './issuer-keys.js'

/** Two issuers as the tests know them: `hub` signs with RS256 as GitHub does, `lab` with ES256. */
export interface TwoIssuers {
    /** Seconds since 1970. */
    now: number
    hub: { url: string; key: SigningKey; weak: SigningKey }
    lab: { url: string; key: SigningKey }
    /** Of nobody, with the names of the real ones. */
    stranger: SigningKey
    strangeEc: SigningKey
}

/** A token that must be refused, and what the refusal says. */
export type HostileToken = [name: string, token: () => unknown, message: RegExp]

/** The tokens. The issuer `hub` also publishes the key of `lab`, as "ec-of-hub". */
export function hostileTokens({ now, hub, lab, stranger, strangeEc }: TwoIssuers): HostileToken[] {
    const [rsa, ec, weak] = [hub.key, lab.key, hub.weak]
    const hubClaims = (changes: Record<string, unknown> = {}) => githubClaims(now, { iss: hub.url, ...changes })
    const labClaims = () => gitlabClaims(now, { iss: lab.url })
    const good = () => signToken(rsa, hubClaims())
    const parts = () => good().split('.') as [string, string, string]
    const claims = (changes: Record<string, unknown>) => signToken(rsa, hubClaims(changes))
    /** The claims as JSON, with a text put in front. */
    const claimsText = (first: string, changes: Record<string, unknown> = {}) =>
        signToken(rsa, `{${first},${JSON.stringify(hubClaims(changes)).slice(1)}`)
    const header = (changes: Record<string, unknown>) => signToken(rsa, hubClaims(), changes)
    const rsaHeader = { alg: 'RS256', kid: 'rsa-1', typ: 'JWT' }
    function ecToken(signature: Buffer): string {
        const input = `${encoded({ alg: 'ES256', kid: 'ec-1' })}.${encoded(labClaims())}`
        return `${input}.${encoded(signature)}`
    }

    return [
        // What is no token.
        ['nothing', () => undefined, /^the token is missing, not a text$/],
        ['a number', () => 1, /^the token is 1, not a text$/],
        ['a list', () => [good()], /^the token is a list, not a text$/],
        ['an empty text', () => '', /^the token is empty$/],
        ['huge', () => good() + 'A'.repeat(8192), /^the token has \d+ characters, and at most 8192 are read$/],
        ['one part', () => 'AAAA', /^the token has 1 parts/],
        ['two parts', () => parts().slice(0, 2).join('.'), /^the token has 2 parts/],
        ['four parts', () => good() + '.AAAA', /^the token has 4 parts/],
        ['five parts, encrypted', () => [...parts(), 'AAAA', 'AAAA'].join('.'), /^the token has 5 parts/],
        ['JSON serialization', () => JSON.stringify({ payload: parts()[1], signature: '' }), /^the token has 1 parts/],
        ['an empty header', () => `.${parts()[1]}.${parts()[2]}`, /^the header part of the token is not base64url/],
        ['empty claims', () => `${parts()[0]}..${parts()[2]}`, /^the claims part of the token is not base64url/],
        ['an empty signature', () => `${parts()[0]}.${parts()[1]}.`, /^the signature has 0 bytes, and one of RS256/],
        ['truncated', () => good().slice(0, -20), /^the signature has 241 bytes|^the signature .* is not base64url/],
        ['padding', () => `${parts()[0]}=.${parts()[1]}.${parts()[2]}`, /not base64url without padding/],
        ['base64 with +', () => `+${parts()[0].slice(1)}.${parts()[1]}.${parts()[2]}`, /not base64url without padding/],
        ['a space in front', () => ' ' + good(), /^the header part of the token is not base64url/],
        ['a line break behind', () => good() + '\n', /^the signature part of the token is not base64url/],
        ['a zero byte', () => good() + '\0', /^the signature part of the token is not base64url/],
        ['bits behind the last byte', () => nonCanonical(good()), /^the signature part of the token is not base64url/],
        // Headers.
        ['a header that is no object', () => signToken(rsa, hubClaims(), '[]'), /header .* is not a JSON object/],
        ['a header that is cut', () => signToken(rsa, hubClaims(), '{"alg":"RS256"'), /header .*lacks a ,/],
        ['alg twice', () => signToken(rsa, hubClaims(), '{"alg":"none","alg":"RS256","kid":"rsa-1"}'), /twice/],
        ['alg twice, escaped', () => signToken(rsa, hubClaims(), '{"\\u0061lg":"x","alg":"RS256"}'), /twice/],
        ['no alg', () => signToken(rsa, hubClaims(), '{"kid":"rsa-1"}'), /^the header of the token has no alg$/],
        ['alg is a list', () => header({ alg: ['RS256'] }), /^alg in the header of the token is a list, not a text$/],
        [
            'alg none',
            () => `${encoded({ alg: 'none', kid: 'rsa-1' })}.${parts()[1]}.`,
            /^alg is "none", and .*"RS256"$/,
        ],
        ['alg NoNe', () => `${encoded({ alg: 'NoNe', kid: 'rsa-1' })}.${parts()[1]}.`, /^alg is "NoNe"/],
        ['alg empty', () => header({ alg: '' }), /^alg is "", and tokens of hub have "RS256"$/],
        ['alg in lower case', () => header({ alg: 'rs256' }), /^alg is "rs256"/],
        ['another RSA', () => header({ alg: 'PS256' }), /^alg is "PS256", and tokens of hub have "RS256"$/],
        ['a larger hash', () => header({ alg: 'RS512' }), /^alg is "RS512"/],
        [
            'HMAC with the public key',
            () => hmacToken(rsa.publicPem, { alg: 'HS256', kid: 'rsa-1' }, hubClaims()),
            /^alg is "HS256", and tokens of hub have "RS256"$/,
        ],
        [
            'HMAC that says RS256',
            () => hmacToken(rsa.publicPem, rsaHeader, hubClaims()),
            /^the signature has 32 bytes, and one of RS256 has 256 to 1024$/,
        ],
        [
            'ES256 for an issuer of RS256',
            () => signToken(ec, hubClaims(), { kid: 'ec-of-hub' }),
            /^alg is "ES256", and tokens of hub have "RS256"$/,
        ],
        [
            'RS256 for an issuer of ES256',
            () => signToken(rsa, labClaims(), { kid: 'ec-1' }),
            /^alg is "RS256", and tokens of lab have "ES256"$/,
        ],
        ['typ of another token', () => header({ typ: 'at+jwt' }), /^typ is "at\+jwt" instead of "JWT"$/],
        ['typ of our own tokens', () => header({ typ: 'pypi+jwt' }), /^typ is "pypi\+jwt" instead of "JWT"$/],
        ...['crit', 'jwk', 'jku', 'x5u', 'x5c', 'b64', 'zip', 'enc', 'cty', 'p2c'].map(
            (name): [string, () => string, RegExp] => [
                `the header ${name}`,
                () => header({ [name]: name === 'jwk' ? stranger.jwk : 'https://evil.example.com/keys' }),
                new RegExp(`^the header of the token has "${name}": only alg, kid, typ, x5t, x5t#S256 are allowed$`),
            ],
        ),
        [
            'an embedded key that made the signature',
            () => signToken(stranger, hubClaims(), { jwk: stranger.jwk }),
            /has "jwk"/,
        ],
        ['no kid', () => header({ kid: undefined }), /^the header of the token has no kid$/],
        ['kid is a number', () => header({ kid: 1 }), /^kid in the header of the token is 1, not a text$/],
        ['kid is long', () => header({ kid: 'k'.repeat(300) }), /^kid in the header of the token has more than 256/],
        [
            'kid is a path',
            () => header({ kid: '../../dev/null' }),
            /^kid is "..\/..\/dev\/null", which is none of the keys/,
        ],
        ['kid is a query', () => header({ kid: "x' OR '1'='1" }), /^kid is "x' OR '1'='1", which is none of the keys/],
        [
            'kid is a member of objects',
            () => header({ kid: '__proto__' }),
            /^kid is "__proto__", which is none of the keys/,
        ],
        [
            'kid has control characters',
            () => header({ kid: 'a\r\n\u001b[2J\u202e' }),
            /^kid is "a\\r\\n\\u001b\[2J\\u202e"/,
        ],
        [
            'kid has a character beyond U+FFFF',
            () => header({ kid: '\u{1f600}\u{e0001}' }),
            /^kid is "\\ud83d\\ude00\\udb40\\udc01"/,
        ],
        ['a weak key', () => signToken(weak, hubClaims()), /^the key "weak" of hub cannot be used: it has 1024 bits/],
        [
            'a key of another type',
            () => header({ kid: 'ec-of-hub' }),
            /cannot be used: its kty is "EC", and RS256 needs "RSA"/,
        ],
        // Signatures.
        [
            'another key of the same name',
            () => signToken(stranger, hubClaims()),
            /^the signature is not that of the key "rsa-1"/,
        ],
        [
            'other claims',
            () => `${parts()[0]}.${encoded(hubClaims({ repository: 'evil/x' }))}.${parts()[2]}`,
            /^the signature is not/,
        ],
        [
            'another header',
            () => `${encoded({ ...rsaHeader, x5t: 'x' })}.${parts()[1]}.${parts()[2]}`,
            /^the signature is not/,
        ],
        [
            'the signature of another token',
            () => `${parts()[0]}.${encoded(hubClaims())}.${parts()[2]}`,
            /^the signature is not/,
        ],
        ['zeros', () => `${parts()[0]}.${parts()[1]}.${encoded(Buffer.alloc(256))}`, /^the signature is not/],
        ['ECDSA zeros', () => ecToken(Buffer.alloc(64)), /^the signature is not that of the key "ec-1" of lab/],
        [
            'ECDSA in DER',
            () => ecToken(Buffer.alloc(71, 0x30)),
            /^the signature has 71 bytes, and one of ES256 has 64$/,
        ],
        ['ECDSA, empty', () => ecToken(Buffer.alloc(0)), /^the signature has 0 bytes, and one of ES256 has 64$/],
        [
            'ECDSA of another key',
            () => signToken(strangeEc, labClaims()),
            /^the signature is not that of the key "ec-1"/,
        ],
        // Claims.
        ['claims that are a list', () => signToken(rsa, '[]'), /claims .* is not a JSON object/],
        ['claims that are no JSON', () => signToken(rsa, 'iss=github'), /claims .* is not a JSON object/],
        [
            'claims that are not UTF-8',
            () => `${parts()[0]}.${encoded(Buffer.from([0x7b, 0xff, 0x7d]))}.AAAA`,
            /not UTF-8/,
        ],
        ['something behind the claims', () => signToken(rsa, JSON.stringify(hubClaims()) + '{}'), /something follows/],
        ['a comment', () => claimsText('/**/"a":1'), /claims part of the token cannot be read/],
        ['deep nesting', () => claimsText(`"a":${'['.repeat(500)}${']'.repeat(500)}`), /nested more than 8 times/],
        ['__proto__', () => claimsText('"__proto__":{"iss":"x"}'), /has the name "__proto__"/],
        ['half a surrogate pair', () => claimsText('"a":"\\ud83d"'), /half of a surrogate pair/],
        ['two first halves', () => claimsText('"a":"\\ud83d\\ud83d"'), /half of a surrogate pair/],
        ['a second half alone', () => claimsText('"a":"\\ude00"'), /half of a surrogate pair/],
        ['iss twice', () => claimsText('"iss":"https://evil.example.com"'), /a name occurs twice/],
        ['repository twice', () => claimsText('"repository":"evil/x"'), /a name occurs twice/],
        ['no iss', () => claims({ iss: undefined }), /^iss is missing, and this index trusts hub, lab$/],
        ['iss is a list', () => claims({ iss: [hub.url] }), /^iss is a list/],
        ['iss with a slash', () => claims({ iss: hub.url + '/' }), /^iss is "https?:.*\/"/],
        ['iss that begins alike', () => claims({ iss: hub.url + '.evil.example.com' }), /^iss is "http.*evil/],
        ['iss over http', () => claims({ iss: hub.url.replace(/^https?/, 'ftp') }), /^iss is "ftp/],
        ['iss in upper case', () => claims({ iss: hub.url.toUpperCase() }), /^iss is "HTTPS?:/],
        ['iss of another trusted issuer', () => claims({ iss: lab.url }), /^alg is "RS256", and tokens of lab/],
        ['no aud', () => claims({ aud: undefined }), /^aud is missing instead of "pypi.example.com"$/],
        ['aud of PyPI', () => claims({ aud: 'pypi' }), /^aud is "pypi" instead of "pypi.example.com"$/],
        [
            'aud that begins alike',
            () => claims({ aud: 'pypi.example.com.evil.org' }),
            /^aud is "pypi.example.com.evil.org"/,
        ],
        ['aud in upper case', () => claims({ aud: 'PyPI.example.com' }), /^aud is "PyPI/],
        [
            'two audiences',
            () => claims({ aud: ['pypi.example.com', 'sts'] }),
            /^aud is a list of 2, instead of "pypi.ex/,
        ],
        ['no audience in a list', () => claims({ aud: [] }), /^aud is a list of 0/],
        ['aud is an object', () => claims({ aud: { 0: 'pypi.example.com', length: 1 } }), /^aud is an object/],
        ['aud in a list in a list', () => claims({ aud: [['pypi.example.com']] }), /^aud is a list instead/],
        ['expired', () => claims({ exp: now - 60 }), /^exp is [\d-]+T[\d:]+Z, and it is [\d-]+T[\d:]+Z/],
        ['no exp', () => claims({ exp: undefined }), /^exp is missing: a token has the seconds/],
        ['exp is a text', () => claims({ exp: String(now + 300) }), /^exp is "\d+": a token has/],
        ['exp is infinite', () => claimsText('"exp":1e999', { exp: undefined }), /^exp is Infinity/],
        ['exp is negative', () => claims({ exp: -1 }), /^exp is -1/],
        ['exp in milliseconds', () => claims({ exp: (now + 300) * 1000 }), /^exp is \d{13}/],
        ['exp is null', () => claims({ exp: null }), /^exp is null/],
        ['no iat', () => claims({ iat: undefined }), /^iat is missing/],
        ['iat in the future', () => claims({ iat: now + 90 }), /^iat is [\d-]+T[\d:]+Z, and it is 2/],
        ['nbf in the future', () => claims({ nbf: now + 90 }), /^nbf is [\d-]+T[\d:]+Z, and it is .*not valid yet$/],
        ['nbf is a text', () => claims({ nbf: '0' }), /^nbf is "0"/],
        ['valid for a year', () => claims({ exp: now + 31536000 }), /^exp is 31536000 seconds after iat: 1 to 86400/],
        ['exp before iat', () => claims({ exp: now - 10, iat: now }), /^exp is -10 seconds after iat/],
        ['no sub', () => claims({ sub: undefined }), /^sub is missing: a token names its subject$/],
        ['an empty sub', () => claims({ sub: '' }), /^sub is ""/],
        ['sub is a number', () => claims({ sub: 1 }), /^sub is 1/],
        ['jti is an object', () => claims({ jti: {} }), /^jti is an object/],
    ]
}

/** The same bytes for a reader that ignores the bits behind the last byte. */
function nonCanonical(token: string): string {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const other = token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)!) + 1]!
    return other
}
