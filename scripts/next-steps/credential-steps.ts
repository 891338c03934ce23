import type { CredentialsSettings } from '../config/credentials.js'
import { environmentNames } from '../config/environment.js'

/** The prerequisite for starting nginx, as the introduction of the commands. */
export function credentialsNeeded({ kind }: CredentialsSettings): string {
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
export function dockerVariables(credentials: CredentialsSettings): string[] {
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
    return `env | grep -E '^AWS_(${names.map((name) => name.replace(/^AWS_/, '')).join('|')})='`
}

/**
 * The variables to write into systemd's environment file, if they are set. Empty when the EC2 instance provides the
 * credentials.
 */
export function environmentFileNames(credentials: CredentialsSettings): string[] {
    if (credentials.kind === 'ec2' && credentials.role === undefined) return []
    return environmentNames(credentials).filter((name) => !notPassed.has(name) && name !== 'AWS_S3_BUCKET')
}
