import type { IssuerAlgorithm } from '../../core/tokens/issuer-keys.js'

/** A CI system whose jobs have ID tokens. */
export interface CiSystem {
    /** Its public issuer; undefined for one that each organisation has of its own. */
    url?: string
    algorithm: IssuerAlgorithm
    /** Where its keys are, if not where its discovery document may say. */
    jwks?: string
    /** Short names of claims: each makes patterns of claims from its values. */
    shorthands: Record<string, (values: string[], host: string) => Record<string, string[]>>
    /** Claims that are checked unless a publisher names them itself: which events may upload. */
    defaults: Record<string, string[]>
    /** What a publisher needs at least one of, so that no stranger matches it. */
    identity: {
        /** Claims of the form OWNER/NAME, whose owner is written out. */
        inFirstSegment: string[]
        /** Claims whose value is written out. */
        exact: string[]
        /** Claims that begin with this text, and have an owner behind it that is written out. */
        behind?: Record<string, string>
    }
    /** Claims that another one is worth nothing without. */
    needed?: Record<string, Record<string, string[]>>
}

const claim = (name: string) => (values: string[]) => ({ [name]: values })
const prefixed = (name: string, prefix: string) => (values: string[]) => ({
    [name]: values.map((value) => prefix + value),
})

/**
 * Events that only people with the right to write to a repository cause. `pull_request_target`, `workflow_run`, `issue_comment`
 * and others run with the rights of the repository when a stranger acts.
 *
 * @see GitHub, "Events that trigger workflows"
 */
const githubEvents = ['push', 'release', 'create', 'workflow_dispatch', 'repository_dispatch', 'schedule', 'deployment']

/** Without merge requests. @see GitLab, "Predefined CI/CD variables": CI_PIPELINE_SOURCE */
const gitlabSources = ['push', 'web', 'api', 'schedule', 'trigger', 'pipeline']

/** @see docs/trusted-publishing.md for the claims of each */
export const ciSystems: Record<string, CiSystem> = {
    github: {
        url: 'https://token.actions.githubusercontent.com',
        algorithm: 'RS256',
        shorthands: {
            repository: claim('repository'),
            owner_id: claim('repository_owner_id'),
            repository_id: claim('repository_id'),
            // The whole value: a file "release.yml@x.yml" must not match.
            workflow: (values) => ({
                job_workflow_ref: values.flatMap((value) =>
                    value.includes('/')
                        ? [value]
                        : ['ref', 'sha'].map((end) => `{repository}/.github/workflows/${value}@{${end}}`),
                ),
            }),
            environment: claim('environment'),
            branch: prefixed('ref', 'refs/heads/'),
            tag: prefixed('ref', 'refs/tags/'),
        },
        defaults: { event_name: githubEvents },
        identity: {
            inFirstSegment: ['repository'],
            exact: ['repository_id', 'repository_owner', 'repository_owner_id'],
            // Each repository may choose the claims that its sub has: "environment:prod" can be that of a stranger.
            behind: { sub: 'repo:' },
        },
    },
    gitlab: {
        url: 'https://gitlab.com',
        algorithm: 'RS256',
        shorthands: {
            project: claim('project_path'),
            project_id: claim('project_id'),
            namespace_id: claim('namespace_id'),
            config: (values, host) => ({
                ci_config_ref_uri: values.map((value) => `${host}/{project_path}//${value}@{ref_path}`),
            }),
            environment: claim('environment'),
            branch: prefixed('ref_path', 'refs/heads/'),
            tag: prefixed('ref_path', 'refs/tags/'),
            protected: claim('ref_protected'),
        },
        defaults: { pipeline_source: gitlabSources },
        identity: {
            inFirstSegment: ['project_path'],
            exact: ['project_id', 'namespace_id', 'namespace_path'],
        },
    },
    google: {
        url: 'https://accounts.google.com',
        algorithm: 'RS256',
        jwks: 'https://www.googleapis.com/oauth2/v3/certs',
        shorthands: {
            email: claim('email'),
            subject: claim('sub'),
        },
        defaults: {},
        identity: { inFirstSegment: [], exact: ['email', 'sub'] },
        needed: { email: { email_verified: ['true'] } },
    },
    buildkite: {
        url: 'https://agent.buildkite.com',
        algorithm: 'RS256',
        shorthands: {
            organization: claim('organization_slug'),
            pipeline: claim('pipeline_slug'),
            branch: claim('build_branch'),
            tag: claim('build_tag'),
        },
        defaults: {},
        identity: { inFirstSegment: [], exact: ['organization_slug', 'organization_id', 'pipeline_id'] },
    },
    circleci: {
        algorithm: 'RS256',
        shorthands: {
            project_id: claim('oidc.circleci.com/project-id'),
            branch: prefixed('oidc.circleci.com/vcs-ref', 'refs/heads/'),
            tag: prefixed('oidc.circleci.com/vcs-ref', 'refs/tags/'),
        },
        defaults: {},
        identity: { inFirstSegment: [], exact: ['oidc.circleci.com/project-id'] },
    },
    oidc: { algorithm: 'RS256', shorthands: {}, defaults: {}, identity: { inFirstSegment: [], exact: [] } },
}
