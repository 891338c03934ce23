import { parseJws } from '../../core/tokens/jws.js'
import { checkClaims, type TrustedIssuer } from '../../core/tokens/id-token.js'
import { mismatchOf, projectsOf, type TrustedPublishing } from '../../core/tokens/publishers.js'
import { quoted } from '../../core/tokens/quoted.js'
import { RefusedToken } from '../../core/tokens/refused-token.js'
import type { JsonObject } from '../../core/tokens/strict-json.js'

/** What the rules say of a token. */
export interface Explanation {
    /** Lines for a reader. */
    text: string
    /** Whether a publisher matches, and nothing else that can be seen without the issuer's keys speaks against the token. */
    wouldUpload: boolean
}

/**
 * Explains which publishers an ID token matches. Its signature is not verified.
 *
 * @param now seconds since 1970
 * @throws RefusedToken for what is no token
 */
export function explainToken(token: string, trusted: TrustedPublishing, now: number): Explanation {
    const { claims, algorithm } = parseJws(token.trim())
    const issuer = trusted.issuers.find(({ url }) => url === claims.iss)
    const head = [
        'The signature is not verified: this explains the rules, and proves nothing.',
        `issuer    ${quoted(claims.iss)}${issuer ? ` (${issuer.name})` : ''}`,
        `subject   ${quoted(claims.sub)}`,
    ]
    if (issuer === undefined) {
        const names = trusted.issuers.map(({ name, url }) => `${name} (${url})`).join(', ')
        return {
            text: lines([...head, `No: no publisher has this issuer. Those of the file: ${names}.`]),
            wouldUpload: false,
        }
    }
    const problems = [
        ...(algorithm === issuer.algorithm ? [] : [`alg is ${quoted(algorithm)} instead of "${issuer.algorithm}"`]),
        ...claimsProblem(claims, issuer, trusted.audience, now),
    ]
    const own = trusted.publishers.filter((publisher) => publisher.issuer === issuer.name)
    const matching = own.filter((publisher) => mismatchOf(publisher, claims) === undefined)
    const verdicts = own.flatMap((publisher) => {
        const mismatch = mismatchOf(publisher, claims)
        if (mismatch === undefined) return [`${publisher.name}: matches, for ${publisher.projects.join(', ')}`]
        const wrong = Object.keys(publisher.claims).flatMap((claim) => {
            const only = mismatchOf({ ...publisher, claims: { [claim]: publisher.claims[claim]! } }, claims)
            return only ? [`    ${claim} is ${only.value}, expected ${only.patterns.map(quoted).join(' or ')}`] : []
        })
        return [`${publisher.name}: does not match`, ...wrong]
    })
    const result =
        matching.length === 0
            ? 'No: no publisher matches.'
            : problems.length > 0
              ? 'No, for the reasons above the publishers.'
              : `Yes: a token with a valid signature uploads ${projectsOf(matching).join(', ')}.`
    return {
        text: lines([...head, ...problems.map((problem) => `problem   ${problem}`), ...verdicts, result]),
        wouldUpload: matching.length > 0 && problems.length === 0,
    }
}

function lines(all: string[]): string {
    return all.map((line) => line + '\n').join('')
}

/** What nginx would say of the audience, the times and the subject. */
function claimsProblem(claims: JsonObject, issuer: TrustedIssuer, audience: string, now: number): string[] {
    try {
        checkClaims(claims, issuer, { audience, now })
        return []
    } catch (error) {
        if (!(error instanceof RefusedToken)) throw error
        return [error.message]
    }
}
