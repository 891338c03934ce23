/**
 * What every object of the folder is called, and the Secret with the credentials, which is no part of the folder. Two
 * indexes have a namespace each, or a prefix from kustomize.
 */
export const objectName = 'nginx-s3-pypi'

/** The Secret with the certificate and its key, as `kubectl create secret tls` and cert-manager make it. */
export const tlsSecret = `${objectName}-tls`

/** The Secret with the other files that options name. */
export const filesSecret = `${objectName}-files`

export const labels = { 'app.kubernetes.io/name': objectName }

/** The metadata of an object of the folder. */
export const metadata = { name: objectName, labels }

/** The uid and gid of nginx in the official image. */
export const nginxUser = 101
