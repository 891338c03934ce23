import { tokenKeysVariable } from '../../core/tokens/token-keys.js'
import type { CredentialsSettings } from './credentials.js'

/** Variables that nginx takes from its environment, and what they are for. */
interface VariableGroup {
    comment: string
    names: string[]
}

const keys: VariableGroup[] = [
    {
        comment: 'The credentials.',
        names: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
    },
    { comment: 'The names of these two before 2019.', names: ['AWS_ACCESS_KEY', 'AWS_SECRET_KEY'] },
]

const files: VariableGroup[] = [
    {
        comment: 'Files that hold the credentials: secrets of Docker and Kubernetes.',
        names: ['AWS_ACCESS_KEY_ID_FILE', 'AWS_SECRET_ACCESS_KEY_FILE', 'AWS_SESSION_TOKEN_FILE'],
    },
    {
        comment: 'Or the file that the AWS SDKs share (~/.aws/credentials), and its profile.',
        names: ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_PROFILE', 'HOME'],
    },
]

const container: VariableGroup[] = [
    {
        comment: 'Where the credentials of the task or the pod are. Amazon ECS and EKS set these.',
        names: [
            'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
            'AWS_CONTAINER_CREDENTIALS_FULL_URI',
            'AWS_CONTAINER_AUTHORIZATION_TOKEN',
            'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
        ],
    },
]

const webIdentity: VariableGroup[] = [
    {
        comment: "The role, and the file with the identity provider's token. Amazon EKS sets these.",
        names: ['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
    },
]

const ec2: VariableGroup[] = [
    {
        comment: 'Where the instance metadata service is, if not at its usual address.',
        names: [
            'AWS_EC2_METADATA_DISABLED',
            'AWS_EC2_METADATA_SERVICE_ENDPOINT',
            'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE',
        ],
    },
]

const sts: VariableGroup[] = [
    {
        comment: 'Where the role is assumed, and the name of its session.',
        names: ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ENDPOINT_URL_STS', 'AWS_ROLE_SESSION_NAME'],
    },
]

const bucket: VariableGroup[] = [{ comment: 'Overrides the bucket of site.conf.', names: ['AWS_S3_BUCKET'] }]

const groupsOf: Record<CredentialsSettings['kind'], VariableGroup[]> = {
    env: keys,
    file: files,
    ecs: container,
    eks: container,
    'web-identity': [...webIdentity, ...sts],
    ec2,
    auto: [...keys, ...files, ...webIdentity, ...sts, ...container, ...ec2],
}

/** The variables that the script may see: those of where the credentials come from, and no others. */
export function environmentGroups({ kind, role }: CredentialsSettings): VariableGroup[] {
    const groups = groupsOf[kind]
    return [...groups, ...(role === undefined || groups.includes(sts[0]!) ? [] : sts), ...bucket]
}

/** For `--token-keys env`. */
export const tokenKeysGroup: VariableGroup = {
    comment: 'The keys that sign tokens.',
    names: [tokenKeysVariable],
}

/** Their names. */
export function environmentNames(credentials: CredentialsSettings): string[] {
    return environmentGroups(credentials).flatMap(({ names }) => names)
}
