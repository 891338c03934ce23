import { claimText } from './claim-pattern.js'
import type { JsonObject } from './strict-json.js'

/** Where each fact of a job is: the first claim that the token has. GitHub, GitLab, Buildkite, CircleCI, Google. */
const sources: [fact: string, claims: string[]][] = [
    [
        'repository',
        [
            'repository',
            'project_path',
            'pipeline_slug',
            'oidc.circleci.com/vcs-origin',
            'oidc.circleci.com/project-id',
            'email',
        ],
    ],
    ['workflow', ['job_workflow_ref', 'workflow_ref', 'ci_config_ref_uri', 'oidc.circleci.com/pipeline-definition-id']],
    ['run', ['run_id', 'pipeline_id', 'build_number', 'oidc.circleci.com/workflow-id']],
    ['ref', ['ref', 'build_tag', 'build_branch', 'oidc.circleci.com/vcs-ref']],
    ['commit', ['sha', 'build_commit']],
    ['actor', ['actor', 'user_login']],
]

const longest = 200

/** What the log and the token say of a job: printable ASCII. */
export function ciJob(issuer: string, claims: JsonObject): Record<string, string> {
    const job: Record<string, string> = { issuer }
    sources.forEach(([fact, names]) => {
        const name = names.filter((each) => claimText(claims[each])?.length)[0]
        if (name !== undefined) job[fact] = visible(claimText(claims[name])!)
    })
    return job
}

/** The subject of the token that is minted for a job: one word. */
export function jobSubject(issuer: string, subject: string): string {
    return visible(`${issuer}:${subject}`).replace(/[ #]/g, '_')
}

function visible(text: string): string {
    return text.slice(0, longest).replace(/[^\x20-\x7e]/g, '?')
}
