import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { mismatchOf } from '../../../core/tokens/publishers.js'
import type { JsonObject } from '../../../core/tokens/strict-json.js'
import { readPublishersFile } from '../../../scripts/config/tokens.js'
import { readPublishers } from '../../../scripts/publishers/read-publishers.js'
import { temporaryFolder } from '../../support/machine/temporary-folder.js'
import { githubClaims, gitlabClaims } from '../../support/tokens/ci-claims.js'

const read = (text: string, host: string | undefined = 'pypi.example.com') =>
    readPublishers(text, 'publishers.yaml', host)

const full = `
audience: https://pypi.example.com
issuers:
  ghe:
    type: github
    url: https://ghe.example.com/_services/token
  own:
    url: https://issuer.example.com
    algorithm: ES256
    jwks: https://keys.example.com/jwks
publishers:
  - issuer: github
    repository: acme/tools
    workflow: release.yml
    environment: pypi
    tag: "v*"
    branch: [main, release/**]
    owner_id: 65
    projects: [Acme_Tools, acme.tools-*]
  - issuer: gitlab
    project: group/tool
    config: .gitlab-ci.yml
    branch: main
    protected: true
    projects: tool
  - issuer: own
    claims:
      sub: ci-*
      version: 1.10
    projects: "*"
`

test('the data that nginx reads', () => {
    const { trusted, warnings } = read(full)
    expect(warnings).toEqual([])
    expect(trusted).toEqual({
        audience: 'https://pypi.example.com',
        issuers: [
            { name: 'github', url: 'https://token.actions.githubusercontent.com', algorithm: 'RS256', jwks: '' },
            { name: 'gitlab', url: 'https://gitlab.com', algorithm: 'RS256', jwks: '' },
            {
                name: 'own',
                url: 'https://issuer.example.com',
                algorithm: 'ES256',
                jwks: 'https://keys.example.com/jwks',
            },
        ],
        publishers: [
            {
                name: 'publisher 1 (line 12)',
                issuer: 'github',
                claims: {
                    repository: ['acme/tools'],
                    repository_owner_id: ['65'],
                    job_workflow_ref: [
                        '{repository}/.github/workflows/release.yml@{ref}',
                        '{repository}/.github/workflows/release.yml@{sha}',
                    ],
                    environment: ['pypi'],
                    ref: ['refs/heads/main', 'refs/heads/release/**', 'refs/tags/v*'],
                    event_name: [
                        ...['push', 'release', 'create', 'workflow_dispatch'],
                        ...['repository_dispatch', 'schedule', 'deployment'],
                    ],
                },
                projects: ['acme-tools', 'acme-tools-*'],
            },
            {
                name: 'publisher 2 (line 20)',
                issuer: 'gitlab',
                claims: {
                    project_path: ['group/tool'],
                    ci_config_ref_uri: ['gitlab.com/{project_path}//.gitlab-ci.yml@{ref_path}'],
                    ref_path: ['refs/heads/main'],
                    ref_protected: ['true'],
                    pipeline_source: ['push', 'web', 'api', 'schedule', 'trigger', 'pipeline'],
                },
                projects: ['tool'],
            },
            {
                name: 'publisher 3 (line 26)',
                issuer: 'own',
                claims: { sub: ['ci-*'], version: ['1.10'] },
                projects: ['*'],
            },
        ],
    })
})

test('jobs as GitHub and GitLab describe them match, those of others do not', () => {
    const [github, gitlab] = read(full).trusted.publishers
    expect(mismatchOf(github!, githubClaims(0) as JsonObject)).toBeUndefined()
    expect(mismatchOf(gitlab!, gitlabClaims(0) as JsonObject)).toBeUndefined()
    const release = {
        ref: 'refs/heads/main',
        job_workflow_ref: 'acme/tools/.github/workflows/release.yml@refs/heads/main',
    }
    expect(mismatchOf(github!, githubClaims(0, release) as JsonObject)).toBeUndefined()
    for (const [changes, claim] of [
        [{ repository_owner_id: '66' }, 'repository_owner_id'],
        [{ event_name: 'pull_request' }, 'event_name'],
        [{ event_name: 'workflow_run' }, 'event_name'],
        [{ ref: 'refs/pull/7/merge' }, 'job_workflow_ref'],
        [{ ...release, ref: 'refs/heads/main/x' }, 'job_workflow_ref'],
    ] as const) {
        expect(mismatchOf(github!, githubClaims(0, changes) as JsonObject)?.claim).toBe(claim)
    }
    for (const [changes, claim] of [
        [{ project_path: 'group/tool/sub' }, 'project_path'],
        [{ ref_protected: 'false' }, 'ref_protected'],
        [{ pipeline_source: 'merge_request_event' }, 'pipeline_source'],
        [{ ref_path: 'refs/tags/main' }, 'ci_config_ref_uri'],
    ] as const) {
        expect(mismatchOf(gitlab!, gitlabClaims(0, changes) as JsonObject)?.claim).toBe(claim)
    }
})

test('the audience is the host name of the index by default', () => {
    expect(read('publishers: [{issuer: google, email: ci@acme.example, projects: x}]').trusted).toMatchObject({
        audience: 'pypi.example.com',
        issuers: [{ jwks: 'https://www.googleapis.com/oauth2/v3/certs' }],
        publishers: [{ claims: { email: ['ci@acme.example'], email_verified: ['true'] } }],
    })
})

test('a publisher by the sub of its repository, and claims with any name', () => {
    const text = 'publishers: [{issuer: github, claims: {sub: "repo:acme/x:**", constructor: y}, projects: x}]'
    const [publisher] = read(text).trusted.publishers
    expect(mismatchOf(publisher!, githubClaims(0) as JsonObject)?.claim).toBe('sub')
    const claims = githubClaims(0, { sub: 'repo:acme/x:ref:refs/heads/main', constructor: 'y' }) as JsonObject
    expect(mismatchOf(publisher!, claims)).toBeUndefined()
})

test('an address of Google must be verified, however it is named', () => {
    const text = 'publishers: [{issuer: google, claims: {email: ci@acme.example}, projects: x}]'
    const [publisher] = read(text).trusted.publishers
    expect(mismatchOf(publisher!, { email: 'ci@acme.example', email_verified: false })?.claim).toBe('email_verified')
    expect(mismatchOf(publisher!, { email: 'ci@acme.example', email_verified: true })).toBeUndefined()
    const [bySubject] = read('publishers: [{issuer: google, subject: 123, projects: x}]').trusted.publishers
    expect(mismatchOf(bySubject!, { sub: '123' })).toBeUndefined()
})

test('a publisher that names the event itself', () => {
    const text = 'publishers: [{issuer: github, repository: a/b, claims: {event_name: pull_request}, projects: x}]'
    const { trusted, warnings } = read(text)
    expect(trusted.publishers[0]!.claims.event_name).toEqual(['pull_request'])
    expect(warnings).toEqual([
        expect.stringContaining('publishers.yaml, line 1: publisher 1 has no workflow') as string,
    ])
})

test('an issuer on the loopback is for tests', () => {
    const text = 'issuers: {t: {url: "http://127.0.0.1:99"}}\npublishers: [{issuer: t, claims: {sub: x}, projects: x}]'
    expect(read(text).warnings).toEqual(['publishers.yaml: the issuer t is not encrypted, which is for tests only.'])
})

const one = (fields: string) => `publishers:\n  - {${fields}}`
const issuer = (fields: string) => `issuers:\n  x: {${fields}}\n${one('issuer: x, claims: {sub: a}, projects: x')}`

test.each<[string, string, RegExp]>([
    ['nothing', '', /line 1: the file must be a map/],
    ['a list', '- x', /line 1: the file must be a map/],
    ['no YAML', 'a: [', /line \d: /],
    ['a name twice', 'audience: x\naudience: y', /line 2: .*unique/i],
    ['an unknown name', 'publisher: []', /line 1: "publisher" is not known in the file/],
    ['no publishers', 'audience: x', /there are no "publishers"/],
    ['an empty list', 'publishers: []', /"publishers" must be a list that is not empty/],
    ['a text as a publisher', 'publishers: [x]', /publisher 1 must be a map/],
    ['no issuer', one('repository: a/b, projects: x'), /line 2: publisher 1 has no issuer/],
    ['an unknown issuer', one('issuer: githab, projects: x'), /line 2: the issuer "githab" is not known/],
    ['an issuer of objects', one('issuer: __proto__, projects: x'), /is not known/],
    ['circleci without its organisation', one('issuer: circleci, projects: x'), /"circleci" is not known/],
    [
        'a key of another system',
        one('issuer: github, project: a/b, projects: x'),
        /"project" is not known in a publisher of github/,
    ],
    ['a typing error', one('issuer: github, repository: a/b, enviroment: x, projects: x'), /"enviroment" is not known/],
    ['no projects', one('issuer: github, repository: a/b'), /publisher 1 has no projects/],
    ['projects that are none', one('issuer: github, repository: a/b, projects: "../x"'), /"..\/x" is no pattern/],
    ['no projects in a list', one('issuer: github, repository: a/b, projects: []'), /must be a list that is not empty/],
    ['an empty value', one('issuer: github, repository: "", projects: x'), /"repository" must be a text/],
    ['null', one('issuer: github, repository: , projects: x'), /"repository" must be a text/],
    ['a map as a value', one('issuer: github, repository: {a: b}, projects: x'), /"repository" must be a text/],
    ['a line break', one('issuer: github, repository: "a/b\\n", projects: x'), /one line without control characters/],
    [
        'a claim twice',
        one('issuer: github, repository: a/b, claims: {repository: c/d}, projects: x'),
        /repository is given twice/,
    ],
    [
        'a branch and a tag of Buildkite',
        one('issuer: buildkite, organization: a, branch: b, claims: {build_branch: c}, projects: x'),
        /build_branch is given twice/,
    ],
    ['a long pattern', one(`issuer: github, repository: a/${'b'.repeat(600)}, projects: x`), /more than 512/],
    ...[
        'issuer: github',
        'issuer: github, repository: "*/tools"',
        'issuer: github, repository: "**"',
        'issuer: github, repository: "ac*/tools"',
        'issuer: github, repository: [a/b, "*/c"]',
        'issuer: github, repository: tools',
        'issuer: github, workflow: release.yml',
        'issuer: github, workflow: acme/ci/.github/workflows/release.yml@refs/heads/main',
        'issuer: github, environment: pypi, branch: main',
        'issuer: github, owner_id: "*"',
        'issuer: github, claims: {repository: "{repository}/x"}',
        'issuer: github, claims: {sub: "environment:prod/x"}',
        'issuer: github, claims: {sub: "repo:*/x"}',
        'issuer: github, claims: {sub: ["repo:acme/x:**", "workflow:a/b"]}',
        'issuer: gitlab, project: "*/x"',
        'issuer: gitlab, config: .gitlab-ci.yml',
        'issuer: google, email: "*@acme.example"',
        'issuer: buildkite, pipeline: x',
    ].map((fields): [string, string, RegExp] => [
        fields,
        one(`${fields}, projects: x`),
        /would match jobs of strangers/,
    ]),
    ['an own issuer without a claim', issuer('url: "https://x.example"').replace('sub: a', 'sub: "*"'), /strangers/],
    ...['iss', 'aud', 'exp'].map((claim): [string, string, RegExp] => [
        `only ${claim}, which all tokens of an issuer have`,
        issuer('url: "https://x.example"').replace('sub: a', `${claim}: a`),
        /strangers/,
    ]),
    ['no url', issuer('type: oidc'), /the issuer x has no url/],
    ['http', issuer('url: "http://x.example"'), /is not https/],
    ['http on a host like the loopback', issuer('url: "http://127.0.0.1.example.com"'), /is not https/],
    ['a user name', issuer('url: "https://a@x.example"'), /is not https/],
    ['a query', issuer('url: "https://x.example/?a"'), /is not https/],
    ['nginx syntax', issuer('url: "https://x.example/$a;"'), /is not https/],
    ['jwks over http', issuer('url: "https://x.example", jwks: "http://x.example"'), /jwks .* is not https/],
    ['another algorithm', issuer('url: "https://x.example", algorithm: HS256'), /algorithm "HS256" is not supported/],
    ['an unknown type', issuer('url: "https://x.example", type: gitea'), /type "gitea" is not known/],
    [
        'a preset of other meaning',
        issuer('url: "https://x.example"').replaceAll(' x:', ' github:'),
        /has its name from this program/,
    ],
    ['a name that is none', issuer('url: "https://x.example"').replaceAll(' x:', ' "X Y":'), /cannot name an issuer/],
    ['the url of another', issuer('url: "https://gitlab.com"'), /x and gitlab have the same url/],
    [
        'the audience of PyPI',
        `audience: pypi\n${one('issuer: github, repository: a/b, projects: x')}`,
        /line 1: the audience pypi is that of another service/,
    ],
    ...['PyPI', 'https://github.com/acme', 'https://gitlab.com'].map((audience): [string, string, RegExp] => [
        `the audience ${audience}`,
        `audience: ${audience}\n${one('issuer: github, repository: a/b, projects: x')}`,
        /is that of another service/,
    ]),
    ['an alias', `${one('issuer: &a github, repository: *a, projects: x')}`, /"repository" is an alias of YAML/],
    [
        'a name in two forms',
        one('issuer: github, repository: a/b, claims: {1: a, "1": b}, projects: x'),
        /"1" stands twice in "claims"/,
    ],
    [
        'an audience for nginx',
        `audience: 'a"b'\n${one('issuer: github, repository: a/b, projects: x')}`,
        /cannot be an audience/,
    ],
    [
        'projects that no token holds',
        one(
            `issuer: github, repository: a/b, projects: [${Array.from({ length: 300 }, (_, n) => `project-${n}`).join()}]`,
        ),
        /a token holds 2000/,
    ],
])('refused: %s', (_name, text, message) => {
    expect(() => read(text)).toThrow(message)
    expect(() => read(text)).toThrow(/^publishers\.yaml, line \d+: /)
})

test('a file that is not UTF-8, and one that does not exist', async () => {
    const file = path.join(await temporaryFolder(), 'publishers.yaml')
    expect(() => readPublishersFile(file, [])).toThrow(`${file} cannot be read: ENOENT`)
    const text = one('issuer: github, repository: a/b, environment: caf\u00e9, projects: x')
    await writeFile(file, text, 'latin1')
    expect(() => readPublishersFile(file, ['pypi.example.com'])).toThrow(`${file} is not UTF-8`)
    await writeFile(file, text)
    const { trusted } = readPublishersFile(file, ['pypi.example.com'])
    expect(trusted.publishers[0]!.claims.environment).toEqual(['caf\u00e9'])
})

test('no audience at all', () => {
    expect(() => readPublishers(one('issuer: github, repository: a/b, projects: x'), 'p.yaml', undefined)).toThrow(
        /no --server-name/,
    )
})
