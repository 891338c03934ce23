/**
 * The name of every object of the folder, and of the Secret with the credentials, which the user creates. Several indexes
 * need separate namespaces, or a kustomize namePrefix.
 */
export const objectName = 'nginx-s3-pypi'

/** The Secret with the certificate and its key, as `kubectl create secret tls` and cert-manager create it. */
export const tlsSecret = `${objectName}-tls`

/** The Secret with the other files that options name. */
export const filesSecret = `${objectName}-files`

export const labels = { 'app.kubernetes.io/name': objectName }

/** The metadata of an object of the folder. */
export const metadata = { name: objectName, labels }

/** The uid and gid of nginx in the official image. */
export const nginxUser = 101
