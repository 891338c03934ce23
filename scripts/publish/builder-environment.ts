import { UsageError } from '../../core/user-error.js'

/**
 * Of AWS and of programs that upload packages. What downloads them (PIP_*, UV_INDEX_*) stays: the requirements of the build
 * come that way.
 */
const uploaders =
    /^(?:AWS|TWINE|UV_PUBLISH|POETRY_PYPI_TOKEN|POETRY_HTTP_BASIC|HATCH_INDEX|PDM_PUBLISH|FLIT|MATURIN_PYPI)_|^BOTO_CONFIG$/
/** What is called a secret: GITHUB_TOKEN, ACTIONS_ID_TOKEN_REQUEST_URL, CI_JOB_JWT_V2, NPM_TOKEN, SSH_AUTH_SOCK ... */
const secrets =
    /(?:^|_)(?:(?:ACCESS|AUTH)?TOKENS?|PASS|PASSWORDS?|PASSWD|PASSPHRASE|PWD|SECRETS?|CREDENTIALS?|CREDS|AUTH|OIDC|JWT|PAT|(?:ACCESS|SECRET|PRIVATE|SIGNING|APPLICATION|API)_?KEY|CONNECTION_STRING)(?:_|$)/
/** A URL with a password in it, such as CI_REPOSITORY_URL. */
const urlWithPassword = /:\/\/[^\s/:@]*:[^\s/@]+@/
const downloads = /^(?:PIP|UV(?!_PUBLISH))_|_PROXY$|^(?:OLD)?PWD$/

/**
 * The environment of what builds a project: it runs code of the project and of all its build requirements.
 *
 * @param environment of this program
 * @param kept names that the project needs although they look like secrets
 * @throws UsageError for a kept name that is one of S3's credentials
 */
export function builderEnvironment(environment: NodeJS.ProcessEnv, kept: readonly string[] = []): NodeJS.ProcessEnv {
    const forbidden = kept.find((name) => /^AWS_/i.test(name))
    if (forbidden !== undefined) {
        throw new UsageError(
            `--build-env ${forbidden}: no build gets the credentials that publish`,
            'Build in a job of its own, and publish with --no-build: see docs/publishing.md.',
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
