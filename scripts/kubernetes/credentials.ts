import { usesSts } from '../config/credentials.js'
import type { Settings } from '../config/settings.js'
import { because } from './commented-yaml.js'
import { objectName } from './names.js'

/** What a pod needs so that the nginx in it has credentials, each where its manifest has a place for it. */
export interface PodCredentials {
    /** Environment variables of the container. */
    environment: object[]
    /** The folder where the Secret is mounted, if it is. */
    folder: string | undefined
    /** Of the ServiceAccount: who the pod is to AWS. */
    annotations: Record<string, string> | undefined
    /** Rules of the NetworkPolicy: what nginx asks for credentials. */
    egress: object[]
    /** Whether someone has to make the Secret, and with which variables. */
    secretNames: string[]
}

const keyNames = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']
const sessionToken = 'AWS_SESSION_TOKEN'

/** Where `--credentials file` finds the Secret. */
export const credentialsFolder = '/etc/nginx/credentials'

/** The variables, mounts, annotations and destinations that `--credentials` leads to. */
export function podCredentials({ credentials, serviceAccountRole }: Settings): PodCredentials {
    const { kind } = credentials
    const isSecret = kind === 'env' || kind === 'file'
    return {
        environment: environmentOf(kind),
        folder: kind === 'file' ? credentialsFolder : undefined,
        annotations:
            serviceAccountRole === undefined ? undefined : { 'eks.amazonaws.com/role-arn': serviceAccountRole },
        egress: egressOf(credentials),
        secretNames: isSecret ? [...keyNames, ...(kind === 'env' ? [sessionToken] : [])] : [],
    }
}

function environmentOf(kind: Settings['credentials']['kind']): object[] {
    switch (kind) {
        case 'env':
            return [...keyNames.map((name) => fromSecret(name, false)), fromSecret(sessionToken, true)]
        case 'file':
            return keyNames.map((name) => ({ name: `${name}_FILE`, value: `${credentialsFolder}/${name}` }))
        case 'auto':
            return [...keyNames, sessionToken].map((name) => fromSecret(name, true))
        default:
            // What gives the pod its identity puts its own variables there.
            return []
    }
}

/** By name, not all of the Secret: where one is missing the pod does not start, and says which. */
function fromSecret(name: string, optional: boolean): object {
    const secretKeyRef = { name: objectName, key: name, ...(optional && { optional }) }
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
