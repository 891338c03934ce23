import type { CredentialsSettings } from '../config/credentials.js'
import { environmentNames } from '../config/environment.js'

/** What has to be there before nginx starts, as the beginning of a sentence that a command follows. */
export function credentialsNeeded({ kind }: CredentialsSettings): string {
    return {
        env: 'With the credentials in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)',
        file: 'With the credentials in files that the workers of nginx can read, named by variables (docs/credentials.md)',
        ecs: 'With the variables that Amazon ECS gives to a task with a role',
        eks: 'With the variables that Amazon EKS gives to a pod with an identity',
        'web-identity':
            'With AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, which Amazon EKS gives to a service account',
        ec2: 'On an instance with a role, whose hop limit is 2 for containers (HttpPutResponseHopLimit)',
        auto: 'With credentials where the AWS SDKs would find them (docs/credentials.md)',
    }[kind]
}

/** Names that no container is given from outside: they are of its own, or older than what is written here. */
const notPassed = new Set(['HOME', 'AWS_ACCESS_KEY', 'AWS_SECRET_KEY'])

/** The options of `docker run` that give the script its variables, by name: a command line can be read by others. */
export function dockerVariables(credentials: CredentialsSettings): string[] {
    if (credentials.kind === 'file') return [...secretFiles, ...roleVariables(credentials), '-e AWS_S3_BUCKET']
    return environmentNames(credentials)
        .filter((name) => !notPassed.has(name))
        .map((name) => `-e ${name}`)
}

/** Where Docker and Kubernetes put secrets. */
const secretFiles = [
    '-e AWS_ACCESS_KEY_ID_FILE=/run/secrets/aws_access_key_id',
    '-e AWS_SECRET_ACCESS_KEY_FILE=/run/secrets/aws_secret_access_key',
    '-v "$PWD"/secrets:/run/secrets:ro',
]

function roleVariables({ role }: CredentialsSettings): string[] {
    return role === undefined ? [] : ['-e AWS_REGION', '-e AWS_ROLE_SESSION_NAME']
}

/** A command that prints those variables that are set, by line: a value on a command line could be read by others. */
export function variablesOf(names: string[]): string {
    return `env | grep -E '^AWS_(${names.map((name) => name.replace(/^AWS_/, '')).join('|')})='`
}

/**
 * The variables that systemd's environment file is to hold, as far as they are set. Nothing where the machine itself has the
 * credentials.
 */
export function environmentFileNames(credentials: CredentialsSettings): string[] {
    if (credentials.kind === 'ec2' && credentials.role === undefined) return []
    return environmentNames(credentials).filter((name) => !notPassed.has(name) && name !== 'AWS_S3_BUCKET')
}
