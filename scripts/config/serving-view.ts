import { isHostName } from '../option-values/endpoint.js'
import { bothFamilies } from '../option-values/listen.js'
import { fileCacheControl, isRestricted } from './serving.js'
import type { Placement } from './render.js'
import { isContainer, type Settings } from './settings.js'
import { urlPatterns } from './url-patterns.js'

/** The template values for access control, cache and fallback. */
export function servingView(settings: Settings, { folder }: Pick<Placement, 'folder'>) {
    const { cache, fallback, tls, features } = settings
    const cached = cache !== undefined
    // Without a password file, nobody has a password, and each request without a valid token gets 401.
    const htpasswd = settings.htpasswd ?? (settings.readTokens === undefined ? undefined : '/dev/null')
    const restricted = htpasswd !== undefined || settings.allow.length > 0
    // Without a cache, nginx would sign the S3 request before it checks the password.
    const gated = restricted && !cached
    const redirects = settings.delivery !== 'stream'
    const isPrivate = isRestricted(settings)
    const listenFlags = [
        ...(settings.serverNames.length === 0 ? ['default_server'] : []),
        ...(tls === undefined ? [] : ['ssl']),
        ...(tls === undefined || features.http2Directive ? [] : ['http2']),
    ]
    const defaultServer = settings.serverNames.length === 0 ? ['default_server'] : []
    return {
        listen: bothFamilies(settings.listen).map((address) => [address, ...listenFlags].join(' ')),
        httpListen: bothFamilies(tls?.httpListen ?? []).map((address) => [address, ...defaultServer].join(' ')),
        httpsPort: httpsPort(settings),
        http2Directive: tls !== undefined && features.http2Directive,
        certificate: tls?.certificate ?? false,
        certificateKey: tls?.key ?? false,
        clientCa: tls?.clientCa ?? false,
        clientCrl: tls?.clientCrl ?? false,

        maxConnections: String(settings.maxConnections),
        htpasswd: htpasswd ?? false,
        readTokens: settings.readTokens !== undefined,
        readRealm: settings.readTokens === undefined ? '"package index"' : '$pypi_realm',
        readTokensFolder: readTokensFolder(settings, folder),
        checkReadTokenScript: `${folder}/check-read-token.js`,
        allow: settings.allow,
        metricsAllow: settings.metricsAllow.length > 0 && settings.metricsAllow,
        metricsScript: `${folder}/metrics.js`,
        restricted,
        isPrivate,
        gated,
        unsatisfiedRange: cached ? '$pypi_unsatisfied' : '@range_not_satisfiable',
        pageLocation: gated ? '= /-/page' : `~ "${urlPatterns.pagePattern}"`,
        webDataLocation: gated ? '= /-/web-data' : `~ "${urlPatterns.webDataPattern}"`,
        detailsLocation: gated ? '/-/readyz-details' : '/-/readyz/details',
        fileLocation: gated || redirects ? '= /-/file' : `~ "${urlPatterns.filePattern}"`,
        hostNames: settings.serverNames.length > 0 && settings.serverNames,
        fileInternal: gated || redirects,
        fileCacheControl: fileCacheControl(settings),

        direct: !cached,
        cached,
        cacheFolder: cache?.folder ?? false,
        cacheSize: cache?.size ?? false,
        pageTtl: String(settings.pageTtl),
        stale: cache?.stale ?? false,
        // Debian's nginx.conf allows 768 connections, and its systemd unit 1,024 open files per worker.
        openFiles: settings.target === 'debian' ? '200' : '1000',
        // The second server signs every request. A container's loopback is private; elsewhere only nginx may open the socket.
        signer: isContainer(settings.target) ? '127.0.0.1:8079' : `unix:${signerSocket(cache?.folder ?? '')}`,
        signerFolder: cached && !isContainer(settings.target) ? `${cache.folder}/pypi-private` : false,

        fallback: fallback ?? false,
        namesPrivate: fallback !== undefined || settings.public !== undefined,
        privateNames: settings.privateNames.map((name) => `~^${name.replaceAll('*', '[a-z0-9-]*')}\\z`),
    }
}

/** The folder of verified tokens, in memory where the target has such a folder. nginx creates it. */
function readTokensFolder({ target }: Settings, folder: string): string {
    return {
        docker: '/tmp/temp-tokens',
        kubernetes: '/tmp/temp-tokens',
        debian: '/run/nginx-pypi-tokens',
        standalone: `${folder}/temp-tokens`,
    }[target]
}

/** The socket of the second server outside of containers, in a folder that only nginx can enter. */
export function signerSocket(cacheFolder: string): string {
    return `${cacheFolder}/pypi-private/signer.sock`
}

/** `:PORT` of an https URL; empty for the default port. */
function httpsPort({ listen, target }: Settings): string {
    const port = listen[0]!.replace(/^.*:/, '')
    // In Kubernetes, clients use the port of the Service.
    return port === '443' || target === 'kubernetes' ? '' : `:${port}`
}

/** The host name that clients must use with TLS, since a certificate is issued for a name. */
export function certifiedName({ tls, serverNames }: Settings): string | undefined {
    return tls === undefined ? undefined : serverNames.find(isHostName)
}
