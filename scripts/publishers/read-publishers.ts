import { maxPatternLength } from '../../core/tokens/claim-pattern.js'
import type { Publisher, TrustedPublishing } from '../../core/tokens/publishers.js'
import { normalizeProjectPattern } from '../../core/project-patterns.js'
import { ciSystems, type CiSystem } from './ci-systems.js'
import { YamlReader, type YamlMap } from './yaml-reader.js'

type Issuer = TrustedPublishing['issuers'][number] & { system: CiSystem; type: string }

/** Audiences of other services: a token for one of them must not be valid here, nor one for this index there. */
const reservedAudiences = [
    ...['pypi', 'testpypi', 'sigstore', 'sts.amazonaws.com', 'api://azureadtokenexchange', 'rubygems.org', 'crates.io'],
    ...['npm:registry.npmjs.org', 'https://gitlab.com'],
]
/** The audience of jobs of GitHub that ask for none is the page of their owner. */
const defaultAudience = /^https:\/\/github\.com(?:\/|$)/i

/** Claims that say nothing of the job: they are alike in all tokens for this index. */
const ofAllTokens = ['iss', 'aud', 'exp', 'iat', 'nbf', 'jti']

/** Characters of all projects of an issuer: a token holds them, and nginx takes headers of 8 kB. */
const maxProjects = 2000

/** The trusted publishers of a file, and what is probably a mistake in it. */
export interface ReadPublishers {
    trusted: TrustedPublishing
    warnings: string[]
}

/**
 * Reads the file of --trusted-publishers.
 *
 * @param file its name, for messages
 * @param host the audience if the file has none
 * @throws UserError that names the line and the cure
 */
export function readPublishers(text: string, file: string, host: string | undefined): ReadPublishers {
    const yaml = new YamlReader(text, file)
    const top = yaml.top()
    yaml.refuseOthers(top, ['audience', 'issuers', 'publishers'], 'the file')
    const warnings: string[] = []
    const issuers = issuersOf(yaml, top)
    const list = top.entries.get('publishers')
    if (list === undefined) throw yaml.error(top.line, 'there are no "publishers"')
    const publishers = yaml.list(list.node, list.line, '"publishers"').map((item, index): Publisher => {
        const map = yaml.map(item.node, item.line, `publisher ${index + 1}`)
        return publisherOf(yaml, map, index + 1, issuers, (warning) =>
            warnings.push(`${file}, line ${map.line}: ${warning}`),
        )
    })
    const used = issuers.filter(({ name }) => publishers.some(({ issuer }) => issuer === name))
    for (const { name, url } of used) {
        if (url.startsWith('http:'))
            warnings.push(`${file}: the issuer ${name} is not encrypted, which is for tests only.`)
        const length = publishers
            .filter(({ issuer }) => issuer === name)
            .flatMap(({ projects }) => projects)
            .join().length
        if (length > maxProjects) {
            throw yaml.error(
                list.line,
                `the projects of ${name} have ${length} characters, and a token holds ${maxProjects}`,
                'Use patterns: acme-*',
            )
        }
    }
    return {
        trusted: {
            audience: audienceOf(yaml, top, host),
            issuers: used.map(({ name, url, algorithm, jwks }) => ({ name, url, algorithm, jwks })),
            publishers,
        },
        warnings,
    }
}

function audienceOf(yaml: YamlReader, top: YamlMap, host: string | undefined): string {
    const given = top.entries.get('audience')
    const audience = given === undefined ? host : yaml.text(given.node, given.line, '"audience"')
    const line = given?.line ?? top.line
    const cure = 'Write the host name of the index: audience: pypi.example.com'
    if (audience === undefined) throw yaml.error(line, 'there is no "audience", and no --server-name', cure)
    if (!/^[A-Za-z0-9._:/-]{1,200}$/.test(audience)) {
        throw yaml.error(line, `${JSON.stringify(audience)} cannot be an audience`, cure)
    }
    if (reservedAudiences.includes(audience.toLowerCase()) || defaultAudience.test(audience)) {
        throw yaml.error(line, `the audience ${audience} is that of another service, which could use the tokens`, cure)
    }
    return audience
}

function issuersOf(yaml: YamlReader, top: YamlMap): Issuer[] {
    const presets = Object.entries(ciSystems).flatMap(([type, system]): Issuer[] =>
        system.url === undefined
            ? []
            : [{ name: type, type, system, url: system.url, algorithm: system.algorithm, jwks: system.jwks ?? '' }],
    )
    const given = top.entries.get('issuers')
    if (given === undefined) return presets
    const own = [...yaml.map(given.node, given.line, '"issuers"').entries].map(([name, { line, node }]): Issuer => {
        if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) {
            throw yaml.error(line, `${JSON.stringify(name)} cannot name an issuer`, 'Use a-z, 0-9 and "-".')
        }
        if (presets.some((preset) => preset.name === name)) {
            throw yaml.error(line, `the issuer ${name} has its name from this program`, 'Choose another name.')
        }
        const map = yaml.map(node, line, `the issuer ${name}`)
        yaml.refuseOthers(map, ['type', 'url', 'algorithm', 'jwks'], `the issuer ${name}`)
        const get = (key: string) => {
            const value = map.entries.get(key)
            return value && yaml.text(value.node, value.line, `"${key}"`)
        }
        const type = get('type') ?? 'oidc'
        const system = Object.hasOwn(ciSystems, type) ? ciSystems[type] : undefined
        if (system === undefined) {
            throw yaml.error(
                line,
                `type ${JSON.stringify(type)} is not known`,
                `Known are: ${Object.keys(ciSystems).join(', ')}.`,
            )
        }
        const url = get('url')
        if (url === undefined) throw yaml.error(map.line, `the issuer ${name} has no url`)
        const algorithm = get('algorithm') ?? system.algorithm
        if (algorithm !== 'RS256' && algorithm !== 'ES256') {
            throw yaml.error(line, `algorithm ${JSON.stringify(algorithm)} is not supported`, 'Use RS256 or ES256.')
        }
        const jwks = get('jwks') ?? ''
        for (const [key, value] of [['url', url], ...(jwks === '' ? [] : [['jwks', jwks]])] as [string, string][]) {
            if (!isTrustworthy(value)) throw yaml.error(line, `${key} ${JSON.stringify(value)} is not https://HOST/...`)
        }
        return { name, type, system, url, algorithm, jwks }
    })
    const all = [...presets, ...own]
    for (const { name, url } of own) {
        const other = all.find((each) => each.url === url && each.name !== name)
        if (other) throw yaml.error(given.line, `${name} and ${other.name} have the same url`, 'Remove one of them.')
    }
    return all
}

/** https; or http on the loopback, for tests. Without what could be read in two ways. */
function isTrustworthy(url: string): boolean {
    return /^(?:https:\/\/[A-Za-z0-9.-]+|http:\/\/127\.0\.0\.1)(?::\d{1,5})?(?:\/[A-Za-z0-9._~/-]*)?$/.test(url)
}

function publisherOf(
    yaml: YamlReader,
    map: YamlMap,
    count: number,
    issuers: Issuer[],
    warn: (warning: string) => void,
): Publisher {
    const what = `publisher ${count}`
    const given = map.entries.get('issuer')
    const name = given && yaml.text(given.node, given.line, '"issuer"')
    const issuer = issuers.find((each) => each.name === name)
    if (issuer === undefined) {
        const known = issuers.map((each) => each.name).join(', ')
        const cure = `Known are: ${known}. Others are declared in "issuers".`
        throw yaml.error(
            given?.line ?? map.line,
            name ? `the issuer ${JSON.stringify(name)} is not known` : `${what} has no issuer`,
            cure,
        )
    }
    const { shorthands, defaults } = issuer.system
    yaml.refuseOthers(
        map,
        ['issuer', ...Object.keys(shorthands), 'claims', 'projects'],
        `a publisher of ${issuer.name}`,
    )
    // Without a prototype: a claim may be called "constructor".
    const claims = Object.create(null) as Record<string, string[]>
    const add = (line: number, made: Record<string, string[]>, isMore: boolean) => {
        for (const [claim, patterns] of Object.entries(made)) {
            const long = patterns.find((pattern) => pattern.length > maxPatternLength)
            if (long) throw yaml.error(line, `${claim} has more than ${maxPatternLength} characters`)
            if (claims[claim] !== undefined && !isMore) {
                throw yaml.error(line, `${claim} is given twice`, 'Give it once; a list has alternatives.')
            }
            claims[claim] = [...(claims[claim] ?? []), ...patterns]
        }
    }
    for (const [key, make] of Object.entries(shorthands)) {
        const value = map.entries.get(key)
        if (value === undefined) continue
        const { host } = new URL(issuer.url)
        // A branch and a tag are alternatives.
        add(
            value.line,
            make(yaml.texts(value.node, value.line, `"${key}"`), host),
            key === 'tag' && issuer.name !== 'buildkite',
        )
    }
    const more = map.entries.get('claims')
    if (more !== undefined) {
        for (const [claim, { line, node }] of yaml.map(more.node, more.line, '"claims"').entries) {
            add(line, { [claim]: yaml.texts(node, line, `the claim ${claim}`) }, false)
        }
    }
    const identified = identifies(issuer, claims)
    if (!identified) {
        const { inFirstSegment, exact, behind = {} } = issuer.system.identity
        const names = [...inFirstSegment, ...exact, ...Object.entries(behind).map((pair) => pair.join(' of '))]
        throw yaml.error(
            map.line,
            `${what} would match jobs of strangers: it does not say whose they are`,
            names.length === 0
                ? `Give a claim without "*" at its beginning, other than ${ofAllTokens.join(', ')}.`
                : `Give one of these claims without "*", or with "*" after the first "/": ${names.join(', ')}.`,
        )
    }
    const implied = Object.entries(issuer.system.needed ?? {}).flatMap(([claim, needed]) =>
        claims[claim] === undefined ? [] : [needed],
    )
    for (const others of [defaults, ...implied]) {
        for (const [claim, patterns] of Object.entries(others)) claims[claim] ??= patterns
    }
    if (
        issuer.type === 'github' &&
        !['job_workflow_ref', 'environment', 'ref', 'workflow_ref', 'sub'].some((claim) => claims[claim])
    ) {
        warn(`${what} has no workflow, environment, branch or tag: each workflow on each branch may upload.`)
    }
    return { name: `${what} (line ${map.line})`, issuer: issuer.name, claims, projects: projectsIn(yaml, map, what) }
}

/** Whether strangers cannot make a job that matches. */
function identifies({ system: { identity } }: Issuer, claims: Record<string, string[]>): boolean {
    const { inFirstSegment, exact, behind = {} } = identity
    const all = (claim: string, test: (pattern: string) => boolean) => claims[claim]?.every(test) === true
    const isExact = (pattern: string) => !pattern.includes('*') && !pattern.includes('{')
    const hasOwner = (pattern: string) => /^[^*{/]+\//.test(pattern)
    if (inFirstSegment.length + exact.length === 0) {
        const names = Object.keys(claims).filter((claim) => !ofAllTokens.includes(claim))
        return names.some((claim) => all(claim, (pattern) => /^[^*{]/.test(pattern)))
    }
    return (
        exact.some((claim) => all(claim, isExact)) ||
        inFirstSegment.some((claim) => all(claim, hasOwner)) ||
        Object.entries(behind).some(([claim, start]) =>
            all(claim, (pattern) => pattern.startsWith(start) && hasOwner(pattern.slice(start.length))),
        )
    )
}

function projectsIn(yaml: YamlReader, map: YamlMap, what: string): string[] {
    const given = map.entries.get('projects')
    if (given === undefined) throw yaml.error(map.line, `${what} has no projects`, 'Write patterns: projects: [acme-*]')
    return yaml.texts(given.node, given.line, '"projects"').map((text) => {
        const pattern = normalizeProjectPattern(text)
        if (pattern !== undefined) return pattern
        throw yaml.error(given.line, `${JSON.stringify(text)} is no pattern of project names`, 'Write one: acme-*')
    })
}
