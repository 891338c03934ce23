import { tokenKeysVariable } from '../../core/tokens/token-keys.js'
import type { CredentialsSettings } from '../config/credentials.js'
import { environmentNames } from '../config/environment.js'
import type { Settings } from '../config/settings.js'
import { tokenFilesOf } from '../config/tokens.js'

type KeySources = Pick<Settings, 'credentials' | 'upload' | 'readTokens'>

/** The prerequisite for starting nginx, as the introduction of the commands. */
export function credentialsNeeded(settings: KeySources): string {
    const tokens = tokenVariables(settings).length > 0 ? `, and the keys of tokens in ${tokenKeysVariable}` : ''
    return credentialsOf(settings.credentials) + tokens
}

function credentialsOf({ kind }: CredentialsSettings): string {
    return {
        env: 'With the credentials in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)',
        file: 'With the credentials in files that the workers of nginx can read, named by variables (docs/credentials.md)',
        ecs: 'With the variables that Amazon ECS sets in a task with a role',
        eks: 'With the variables that Amazon EKS sets in a pod with Pod Identity',
        'web-identity':
            'With AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, which Amazon EKS sets for a service account with a role',
        ec2: 'On an instance with a role; containers need a hop limit of 2 (HttpPutResponseHopLimit)',
        auto: 'With credentials where the AWS SDKs find them (docs/credentials.md)',
    }[kind]
}

/** Variables that are not passed to a container: HOME is its own, and the others are obsolete names. */
const notPassed = new Set(['HOME', 'AWS_ACCESS_KEY', 'AWS_SECRET_KEY'])

/** The options of `docker run` that pass the variables, by name, since other users can read the command line. */
export function dockerVariables(settings: KeySources): string[] {
    return [...credentialVariables(settings.credentials), ...tokenVariables(settings).map((name) => `-e ${name}`)]
}

/** With --token-keys env. */
function tokenVariables(settings: KeySources): string[] {
    return tokenFilesOf(settings)?.keys === 'env' ? [tokenKeysVariable] : []
}

function credentialVariables(credentials: CredentialsSettings): string[] {
    if (credentials.kind === 'file') return [...secretFiles, ...roleVariables(credentials), '-e AWS_S3_BUCKET']
    return environmentNames(credentials)
        .filter((name) => !notPassed.has(name))
        .map((name) => `-e ${name}`)
}

/** The default paths of Docker's secrets. */
const secretFiles = [
    '-e AWS_ACCESS_KEY_ID_FILE=/run/secrets/aws_access_key_id',
    '-e AWS_SECRET_ACCESS_KEY_FILE=/run/secrets/aws_secret_access_key',
    '-v "$PWD"/secrets:/run/secrets:ro',
]

function roleVariables({ role }: CredentialsSettings): string[] {
    return role === undefined ? [] : ['-e AWS_REGION', '-e AWS_ROLE_SESSION_NAME']
}

/** A command that prints the variables that are set, one a line. Other users could read values on a command line. */
export function variablesOf(names: string[]): string {
    const [aws, others] = [/^AWS_/, /^(?!AWS_)/].map((pattern) => names.filter((name) => pattern.test(name)))
    const those = aws!.length === 0 ? [] : [`AWS_(${aws!.map((name) => name.slice(4)).join('|')})`]
    const all = [...those, ...others!].join('|')
    return `env | grep -E '^${others!.length === 0 ? all : `(${all})`}='`
}

/**
 * The variables to write into systemd's environment file, if they are set. Empty when the EC2 instance provides the
 * credentials, and a file the keys of tokens.
 */
export function environmentFileNames(settings: KeySources): string[] {
    const { credentials } = settings
    const isGiven = credentials.kind === 'ec2' && credentials.role === undefined
    const names = isGiven ? [] : environmentNames(credentials)
    const written = names.filter((name) => !notPassed.has(name) && name !== 'AWS_S3_BUCKET')
    return [...written, ...tokenVariables(settings)]
}
