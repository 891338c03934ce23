import { expect, test } from 'vitest'
import { projectsOf, publishersOf, type Publisher } from '../../../../core/tokens/publishers.js'
import { RefusedToken } from '../../../../core/tokens/refused-token.js'
import type { JsonObject } from '../../../../core/tokens/strict-json.js'
import { githubClaims } from '../../../support/tokens/ci-claims.js'

const events = ['push', 'release']
const tools: Publisher = {
    name: 'publisher 1',
    issuer: 'github',
    claims: {
        repository: ['acme/tools'],
        job_workflow_ref: ['{repository}/.github/workflows/release.yml@{ref}'],
        environment: ['pypi'],
        ref: ['refs/tags/v*'],
        event_name: events,
    },
    projects: ['acme-tools'],
}
const all: Publisher = {
    name: 'publisher 2',
    issuer: 'github',
    claims: { repository: ['acme/*'], repository_owner_id: ['65'], ref: ['refs/heads/main', 'refs/tags/v*'] },
    projects: ['acme-*', 'acme-tools'],
}
const gitlab: Publisher = { ...tools, name: 'publisher 3', issuer: 'gitlab', claims: { project_path: ['group/tool'] } }
const publishers = [tools, gitlab]
const claims = (changes: Record<string, unknown> = {}) => githubClaims(0, changes) as JsonObject
const find = (changes: Record<string, unknown>, from = publishers) =>
    publishersOf({ publishers: from }, 'github', claims(changes))

test('all publishers that match, and their projects', () => {
    expect(find({})).toEqual([tools])
    expect(find({}, [tools, all, gitlab])).toEqual([tools, all])
    expect(projectsOf(find({}, [tools, all]))).toEqual(['acme-tools', 'acme-*'])
})

test.each<[name: string, changes: Record<string, unknown>, message: string, log: RegExp]>([
    [
        'another repository',
        { repository: 'acme/tools-evil' },
        'repository is "acme/tools-evil"',
        /expects "acme\/tools"$/,
    ],
    ['another owner', { repository: 'evil/tools' }, 'repository is "evil/tools"', /expects "acme\/tools"$/],
    ['a fork of the same name', { repository: 'octocat/acme/tools' }, 'repository is "octocat/acme/tools"', /acme/],
    ['no repository', { repository: undefined }, 'repository is missing', /acme/],
    ['a list of repositories', { repository: ['acme/tools'] }, 'repository is a list', /acme/],
    ['no environment', { environment: undefined }, 'environment is missing', /expects "pypi"$/],
    ['a swapped environment', { environment: 'staging' }, 'environment is "staging"', /expects "pypi"$/],
    [
        "another repository's workflow",
        { job_workflow_ref: 'acme/other/.github/workflows/release.yml@refs/tags/v1.0' },
        'job_workflow_ref is "acme/other/.github/workflows/release.yml@refs/tags/v1.0"',
        /expects "\{repository\}\/.github/,
    ],
    [
        'a workflow whose name holds the wanted one',
        { job_workflow_ref: 'acme/tools/.github/workflows/release.yml@x.yml@refs/tags/v1.0' },
        'job_workflow_ref is "acme/tools/.github/workflows/release.yml@x.yml@refs/tags/v1.0"',
        /release/,
    ],
    [
        'a branch',
        { ref: 'refs/heads/v1', job_workflow_ref: 'acme/tools/.github/workflows/release.yml@refs/heads/v1' },
        'ref is "refs/heads/v1"',
        /refs\/tags\/v\*/,
    ],
    [
        'a pull request',
        { event_name: 'pull_request_target' },
        'event_name is "pull_request_target"',
        /"push" or "release"/,
    ],
])('%s: the claim and its value are named, what is expected is for the log', (_name, changes, message, log) => {
    const error = (() => {
        try {
            return find(changes)
        } catch (thrown) {
            return thrown
        }
    })() as RefusedToken
    expect(error).toBeInstanceOf(RefusedToken)
    expect(error.code).toBe('invalid-publisher')
    expect(error.message).toBe(`the token is valid, but no publisher matches: ${message}`)
    expect(error.log).toMatch(log)
    expect(error.message + error.cure).not.toContain('pypi"')
})

test('the nearest publisher is named, whatever its place', () => {
    expect(() =>
        find(
            { environment: 'x' },
            [all, tools].map((each) => ({ ...each, claims: { ...each.claims, sub: ['-'] } })),
        ),
    ).toThrow(/environment is "x"/)
})

test('an issuer without a publisher', () => {
    expect(() => publishersOf({ publishers }, 'google', claims())).toThrow(
        'no publisher of this index is a job of google',
    )
})
