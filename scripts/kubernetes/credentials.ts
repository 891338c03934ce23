import { objectName } from './names.js'

/** What a pod needs so that the nginx in it has credentials, each where its manifest has a place for it. */
export interface PodCredentials {
    /** Environment variables of the container. */
    environment: object[]
    /** Of the ServiceAccount: who the pod is to AWS. */
    annotations: Record<string, string> | undefined
    /** Rules of the NetworkPolicy: what nginx asks for credentials. */
    egress: object[]
    /** The command that makes the Secret from the environment of whoever types it. */
    secretCommand: string | undefined
}

/**
 * The credentials of a Secret, named in the pod's environment. Where they come from somewhere else there is no Secret,
 * but an annotation of the ServiceAccount (a role for its token) or an address to ask (an agent of the node).
 */
export function podCredentials(): PodCredentials {
    return {
        environment: [
            fromSecret('AWS_ACCESS_KEY_ID', false),
            fromSecret('AWS_SECRET_ACCESS_KEY', false),
            fromSecret('AWS_SESSION_TOKEN', true),
        ],
        annotations: undefined,
        egress: [],
        // By standard input: the words of a command line can be read by others.
        secretCommand: `env | grep -E '^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)=' |
    kubectl create secret generic ${objectName} --from-env-file=/dev/stdin`,
    }
}

/** By name, not all of the Secret: where one is missing the pod does not start, and says which. */
function fromSecret(name: string, optional: boolean): object {
    const secretKeyRef = { name: objectName, key: name, ...(optional && { optional }) }
    return { name, valueFrom: { secretKeyRef } }
}
