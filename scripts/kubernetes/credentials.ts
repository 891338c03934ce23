import { usesSts } from '../config/credentials.js'
import type { Settings } from '../config/settings.js'
import { because } from './commented-yaml.js'
import { objectNames } from './names.js'

/** The parts of the manifests that provide nginx's credentials. */
export interface PodCredentials {
    /** Environment variables of the container. */
    environment: object[]
    /** The folder where the Secret is mounted; undefined if it is not. */
    folder: string | undefined
    /** Annotations of the ServiceAccount: the pod's AWS role. */
    annotations: Record<string, string> | undefined
    /** Egress rules of the NetworkPolicy for the credentials provider. */
    egress: object[]
    /** Variables for the Secret that the user must create; empty if no Secret is needed. */
    secretNames: string[]
}

const keyNames = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']
const sessionToken = 'AWS_SESSION_TOKEN'

/** Where the Secret is mounted with `--credentials file`. */
export const credentialsFolder = '/etc/nginx/credentials'

/** The variables, mounts, annotations and egress rules for `--credentials`. */
export function podCredentials(settings: Settings): PodCredentials {
    const { credentials, serviceAccountRole } = settings
    const { kind } = credentials
    const isSecret = kind === 'env' || kind === 'file'
    return {
        environment: environmentOf(kind, objectNames(settings).object),
        folder: kind === 'file' ? credentialsFolder : undefined,
        annotations:
            serviceAccountRole === undefined ? undefined : { 'eks.amazonaws.com/role-arn': serviceAccountRole },
        egress: egressOf(credentials),
        secretNames: isSecret ? [...keyNames, ...(kind === 'env' ? [sessionToken] : [])] : [],
    }
}

function environmentOf(kind: Settings['credentials']['kind'], secret: string): object[] {
    switch (kind) {
        case 'env':
            return [...keyNames.map((name) => fromSecret(secret, name, false)), fromSecret(secret, sessionToken, true)]
        case 'file':
            return keyNames.map((name) => ({ name: `${name}_FILE`, value: `${credentialsFolder}/${name}` }))
        case 'auto':
            return [...keyNames, sessionToken].map((name) => fromSecret(secret, name, true))
        default:
            // The identity webhook or agent of the cloud sets the variables.
            return []
    }
}

/** One variable of the Secret. Unlike `envFrom`, a missing key keeps the pod from starting, with an error that names it. */
function fromSecret(secret: string, name: string, optional: boolean): object {
    const secretKeyRef = { name: secret, key: name, ...(optional && { optional }) }
    return { name, valueFrom: { secretKeyRef } }
}

function egressOf(credentials: Settings['credentials']): object[] {
    const { kind, endpoint } = credentials
    const http = [{ protocol: 'TCP', port: 80 }]
    const agent = (reason: string, ...addresses: string[]) =>
        because(reason, { to: addresses.map((cidr) => ({ ipBlock: { cidr } })), ports: http }) as object
    const rules: object[] = []
    if (usesSts(credentials)) {
        const { port, protocol } = new URL(endpoint || 'https://sts')
        const number = Number(port) || (protocol === 'https:' ? 443 : 80)
        rules.push(because('The security token service.', { ports: [{ protocol: 'TCP', port: number }] }) as object)
    }
    if (kind === 'eks' || kind === 'auto')
        rules.push(agent('The Pod Identity agent of EKS, on each node.', '169.254.170.23/32', 'fd00:ec2::23/128'))
    if (kind === 'ec2' || kind === 'auto')
        rules.push(agent('The metadata service of EC2.', '169.254.169.254/32', 'fd00:ec2::254/128'))
    return rules
}
