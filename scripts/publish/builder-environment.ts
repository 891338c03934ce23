import { UsageError } from '../../core/user-error.js'

/**
 * Variables of AWS and of upload programs. Variables for downloads (PIP_*, UV_INDEX_*) stay: the build needs them to
 * install its requirements.
 */
const uploaders =
    /^(?:AWS|TWINE|UV_PUBLISH|POETRY_PYPI_TOKEN|POETRY_HTTP_BASIC|HATCH_INDEX|PDM_PUBLISH|FLIT|MATURIN_PYPI)_|^BOTO_CONFIG$/
/** Names that look like secrets: GITHUB_TOKEN, ACTIONS_ID_TOKEN_REQUEST_URL, CI_JOB_JWT_V2, NPM_TOKEN, SSH_AUTH_SOCK ... */
const secrets =
    /(?:^|_)(?:(?:ACCESS|AUTH)?TOKENS?|PASS|PASSWORDS?|PASSWD|PASSPHRASE|PWD|SECRETS?|CREDENTIALS?|CREDS|AUTH|OIDC|JWT|PAT|(?:ACCESS|SECRET|PRIVATE|SIGNING|APPLICATION|API)_?KEY|CONNECTION_STRING)(?:_|$)/
/** A URL with a password, such as CI_REPOSITORY_URL. */
const urlWithPassword = /:\/\/[^\s/:@]*:[^\s/@]+@/
const downloads = /^(?:PIP|UV(?!_PUBLISH))_|_PROXY$|^(?:OLD)?PWD$/

/**
 * The environment for a builder, without secrets: a build runs code of the project and of all its build requirements.
 *
 * @param environment the environment of this program
 * @param kept names of variables to keep even if they look like secrets
 * @throws UsageError if `kept` names an AWS variable
 */
export function builderEnvironment(environment: NodeJS.ProcessEnv, kept: readonly string[] = []): NodeJS.ProcessEnv {
    const forbidden = kept.find((name) => /^AWS_/i.test(name))
    if (forbidden !== undefined) {
        throw new UsageError(
            `--build-env ${forbidden}: AWS_* variables are never passed to a build`,
            'Build in a separate job, and publish with --no-build: see docs/publishing.md.',
        )
    }
    const isLeft = ([name, value = '']: [string, string | undefined]) => kept.includes(name) || !isSecret(name, value)
    return Object.fromEntries(Object.entries(environment).filter(isLeft))
}

function isSecret(name: string, value: string): boolean {
    const upper = name.toUpperCase()
    if (uploaders.test(upper)) return true
    return !downloads.test(upper) && (secrets.test(upper) || urlWithPassword.test(value))
}
