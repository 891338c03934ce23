import type { Settings } from '../config/settings.js'

/** The names of the objects of a folder, and of the Secrets that the user creates. */
export interface ObjectNames {
    /** Of every object, and of the Secret with the credentials. */
    object: string
    /** The ConfigMap with the pages for people. */
    web: string
    /** The Secret with the certificate and its key, as `kubectl create secret tls` and cert-manager create it. */
    tlsSecret: string
    /** The Secret with the other files that options name. */
    filesSecret: string
    labels: Record<string, string>
    /** The metadata of an object of the folder. */
    metadata: { name: string; labels: Record<string, string> }
}

/**
 * The names for a folder. Those of `--only upload` differ from those of the reading index, so that both can be in one
 * namespace. Several indexes need separate namespaces, or a kustomize namePrefix.
 */
export function objectNames({ upload }: Pick<Settings, 'upload'>): ObjectNames {
    const object = upload?.only ? 'nginx-s3-pypi-upload' : 'nginx-s3-pypi'
    const labels = { 'app.kubernetes.io/name': object }
    return {
        object,
        web: `${object}-web`,
        tlsSecret: `${object}-tls`,
        filesSecret: `${object}-files`,
        labels,
        metadata: { name: object, labels },
    }
}

/** The uid and gid of nginx in the official image. */
export const nginxUser = 101
