import path from 'node:path'
import { UsageError } from '../../core/user-error.js'
import { isLoopback } from '../option-values/listen.js'
import { nginxFolder } from '../config/placement.js'
import type { Settings } from '../config/settings.js'
import { issuerAddresses } from '../config/tokens.js'
import { credentialsFolder } from './credentials.js'
import { mountedFolders } from './mounted-files.js'

/** Throws UsageError for settings that are valid elsewhere but cannot work in a restricted pod. */
export function checkPod(settings: Settings): void {
    for (const listen of settings.listen) checkListen('--listen', listen)
    for (const listen of settings.tls?.httpListen ?? []) checkListen('--http-listen', listen)
    checkEndpoint(settings)
    checkPublicIndex(settings)
    checkIssuers(settings)
    checkCredentials(settings)
    checkFolders(settings)
}

function checkListen(option: string, listen: string): void {
    const [, address, port] = /^(?:(.*):)?(\d+)$/.exec(listen)!
    if (address !== undefined && !['*', '0.0.0.0', '[::]'].includes(address)) {
        throw new UsageError(
            `${option} ${listen} names an address, but a pod gets its address when it starts`,
            `Use the port alone: ${option} ${port}, or ${option} '[::]:${port}' for IPv6.`,
        )
    }
    if (Number(port) < 1024) {
        throw new UsageError(
            `${option} ${listen} is a port that only root may open, and nginx is not root in a restricted pod`,
            `Use ${option} 8080, or leave it out: clients use the Service, whose port is 80, or 443 with TLS.`,
        )
    }
}

function checkEndpoint({ endpoint, resolver }: Settings): void {
    const { host, address } = endpoint
    if (address !== undefined && isLoopback(address)) {
        throw new UsageError(
            `the endpoint ${host} is the pod's own loopback, where no S3 server runs`,
            'Use the Service of the S3 server: http://NAME.NAMESPACE.svc.cluster.local:PORT',
        )
    }
    // nginx's resolver ignores the search list of resolv.conf.
    if (resolver.length > 0 && (!host.includes('.') || host.endsWith('.svc'))) {
        throw new UsageError(
            `nginx would resolve the endpoint ${host} without the domain of the cluster`,
            `Use the full name: NAME.NAMESPACE.svc.cluster.local; or --resolver off, which resolves it when nginx starts.`,
        )
    }
}

/** nginx's resolver ignores the search list of resolv.conf. */
function checkPublicIndex({ public: index, resolver }: Settings): void {
    if (index === undefined) return
    const { host, address } = index.pages.endpoint
    if (address !== undefined && isLoopback(address)) {
        throw new UsageError(
            `${host} of --public is the pod's own loopback, where no index runs`,
            'Use the Service of the index: http://NAME.NAMESPACE.svc.cluster.local:PORT/simple/',
        )
    }
    if (resolver.length > 0 && address === undefined && (!host.includes('.') || host.endsWith('.svc'))) {
        throw new UsageError(
            `nginx would resolve ${host} of --public without the domain of the cluster`,
            'Use the full name: NAME.NAMESPACE.svc.cluster.local; or --resolver off, which resolves it when nginx starts.',
        )
    }
}

/** nginx's resolver ignores the search list of resolv.conf. */
function checkIssuers(settings: Settings): void {
    for (const { hostname } of issuerAddresses(settings)) {
        if (isLoopback(hostname)) {
            throw new UsageError(
                `the issuer ${hostname} of --trusted-publishers is the pod's own loopback, where no issuer runs`,
                'Name the issuer by its host; or "jwks", the address of its keys.',
            )
        }
        if (!hostname.includes('.') || hostname.endsWith('.svc')) {
            throw new UsageError(
                `nginx would resolve the issuer ${hostname} of --trusted-publishers without the domain of the cluster`,
                'Give the full name for its keys: jwks: https://NAME.NAMESPACE.svc.cluster.local/PATH',
            )
        }
    }
}

function checkCredentials({ credentials, serviceAccountRole }: Settings): void {
    if (credentials.kind === 'ecs') {
        throw new UsageError(
            '--credentials ecs is for Amazon ECS tasks, not for pods',
            'Use --credentials eks, web-identity, env or file.',
        )
    }
    if (credentials.kind === 'web-identity' && serviceAccountRole === undefined) {
        throw new UsageError(
            '--credentials web-identity requires the role of the pods',
            'Add --service-account-role arn:aws:iam::ACCOUNT:role/NAME',
        )
    }
}

/** A volume hides the image's files in its folder, and cannot be mounted inside another read-only volume. */
function checkFolders(settings: Settings): void {
    const cache = settings.cache?.folder
    if (cache !== undefined && cache !== '/tmp' && !isFree(cache, ['/etc/nginx', '/etc/ssl'])) {
        throw new UsageError(
            `--cache ${cache} cannot be mounted: the image has other files there`,
            'Use a separate folder for the cache: --cache /var/cache/nginx',
        )
    }
    const taken = [nginxFolder, credentialsFolder, '/etc/ssl', '/tmp', ...(cache === undefined ? [] : [cache])]
    for (const [folder, [first]] of mountedFolders(settings)) {
        const { option, file } = first!
        if (!isFree(folder, taken)) {
            throw new UsageError(
                `${option} ${file} cannot be mounted: ${folder} has other files, or is part of another volume`,
                `Use a separate folder for such files: ${option} /etc/nginx/secrets/${path.posix.basename(file)}`,
            )
        }
        taken.push(folder)
    }
}

/** Whether a volume can be mounted at the folder: not a top-level folder of the image, and no overlap with the others. */
function isFree(folder: string, others: string[]): boolean {
    const overlaps = (other: string) => `${other}/`.startsWith(`${folder}/`) || `${folder}/`.startsWith(`${other}/`)
    return folder.split('/').length > 2 && !others.some(overlaps)
}
