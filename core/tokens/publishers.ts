import { claimText, matchesPattern } from './claim-pattern.js'
import type { TrustedIssuer } from './id-token.js'
import { quoted } from './quoted.js'
import { RefusedToken } from './refused-token.js'
import type { JsonObject } from './strict-json.js'

/** A job that may upload: publishers.json of the generated folder holds a list of these. */
export interface Publisher {
    /** Where it stands in the file of --trusted-publishers, for messages. */
    name: string
    /** Name of a trusted issuer. */
    issuer: string
    /** Each of these claims must match one of its patterns: see `matchesPattern`. */
    claims: Record<string, string[]>
    /** Patterns of the normalised projects. */
    projects: string[]
}

/** All that nginx knows of trusted publishers. */
export interface TrustedPublishing {
    audience: string
    issuers: (TrustedIssuer & {
        /** Of its key set; empty if its discovery document says it. */
        jwks: string
    })[]
    publishers: Publisher[]
}

/** Reads publishers.json, whose last line is a comment. */
export function parseTrustedPublishing(text: string): TrustedPublishing {
    return JSON.parse(text.slice(0, text.lastIndexOf('\n//'))) as TrustedPublishing
}

/** What of a publisher a token does not match. */
export interface Mismatch {
    publisher: Publisher
    claim: string
    patterns: string[]
    /** The token's value for messages. */
    value: string
}

/** The first claim, in the order of the publisher, that does not match; undefined if all match. */
export function mismatchOf(publisher: Publisher, claims: JsonObject): Mismatch | undefined {
    const wrong = Object.keys(publisher.claims).filter((claim) => !matchesClaim(publisher, claim, claims))
    if (wrong.length === 0) return undefined
    const claim = wrong[0]!
    return { publisher, claim, patterns: publisher.claims[claim]!, value: quoted(claims[claim]) }
}

function matchesClaim({ claims: wanted }: Publisher, claim: string, claims: JsonObject): boolean {
    const text = claimText(claims[claim])
    return text !== undefined && wanted[claim]!.some((pattern) => matchesPattern(pattern, text, claims))
}

/**
 * The publishers that a token matches.
 *
 * @param claims of a verified token
 * @throws RefusedToken if there is none. It names the first claim that does not match in the publisher with the most claims
 * that do, and the token's value; the expected value is only for the log, since each user of a public CI can ask.
 */
export function publishersOf(
    { publishers }: Pick<TrustedPublishing, 'publishers'>,
    issuer: string,
    claims: JsonObject,
): [Publisher, ...Publisher[]] {
    const own = publishers.filter((publisher) => publisher.issuer === issuer)
    const matching = own.filter((publisher) => mismatchOf(publisher, claims) === undefined)
    if (matching.length > 0) return matching as [Publisher, ...Publisher[]]
    const nearest = nearestOf(own, claims)
    if (nearest === undefined) {
        throw new RefusedToken(`no publisher of this index is a job of ${issuer}`, '', 'invalid-publisher')
    }
    const { publisher, claim, patterns, value } = nearest
    throw new RefusedToken(
        `the token is valid, but no publisher matches: ${claim} is ${value}`,
        `The operator sees what ${publisher.name} expects in the error log of nginx.`,
        'invalid-publisher',
        `no publisher matches a token of ${issuer}: ${claim} is ${value}, and ${publisher.name} ` +
            `expects ${patterns.map(quoted).join(' or ')}`,
    )
}

function nearestOf(publishers: Publisher[], claims: JsonObject): Mismatch | undefined {
    let nearest: Mismatch | undefined
    let most = -1
    publishers.forEach((publisher) => {
        const mismatch = mismatchOf(publisher, claims)
        const count = Object.keys(publisher.claims).filter((claim) => matchesClaim(publisher, claim, claims)).length
        if (mismatch === undefined || count <= most) return
        most = count
        nearest = mismatch
    })
    return nearest
}

/** The projects of publishers, each pattern once. */
export function projectsOf(publishers: Publisher[]): string[] {
    const projects: string[] = []
    publishers.forEach((publisher) => {
        publisher.projects.forEach((project) => {
            if (projects.indexOf(project) < 0) projects.push(project)
        })
    })
    return projects
}
