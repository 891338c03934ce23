import { isLoopback } from '../option-values/listen.js'
import { deliveryWarnings } from './delivery.js'
import type { Settings } from './settings.js'
import type { ConfigOptions } from './option-table.js'

/** Warnings about valid options that are probably a mistake: sentences, each with its cure. */
export function warningsOf(settings: Settings, options: ConfigOptions): string[] {
    const { tls, fallback, htpasswd, readTokens, listen, upload } = settings
    // A container's port may be published on the host's loopback only, and a proxy may terminate TLS.
    const isOpen = !listen.every(isLoopback)
    return [
        ...(htpasswd !== undefined && tls === undefined && isOpen ? [unencrypted('--htpasswd')] : []),
        ...(upload?.htpasswd !== undefined && tls === undefined && isOpen ? [unencrypted('--upload-htpasswd')] : []),
        ...(upload?.htpasswd !== undefined && upload.htpasswd === htpasswd
            ? ['--upload-htpasswd is the file of --htpasswd: each reader may upload. Use a file for uploaders.']
            : []),
        ...(readTokens !== undefined && tls === undefined && isOpen ? [unencrypted('--read-tokens')] : []),
        ...(upload?.tokens !== undefined && tls === undefined && isOpen ? [unencrypted('--token-keys')] : []),
        ...(upload?.tokens?.warnings ?? []),
        ...(upload !== undefined &&
        upload.htpasswd === undefined &&
        upload.tokens === undefined &&
        tls?.clientCa === undefined
            ? ['--upload without --upload-htpasswd: each process at an address of --upload-allow may upload.']
            : []),
        ...(fallback?.startsWith('http:') && !isLoopback(new URL(fallback).hostname)
            ? [`--fallback ${fallback} is not encrypted: others on the network can replace packages. Use https://.`]
            : []),
        ...(publicIsOpen(settings)
            ? ['--public is not encrypted: others on the network can replace packages. Use https://.']
            : []),
        ...(tls?.clientCa !== undefined && tls.clientCrl === undefined
            ? ['--client-ca without --client-crl: a lost certificate can be used until it expires.']
            : []),
        ...deliveryWarnings(settings),
        ...(options.private ?? [])
            .filter((pattern) => !canMatch(pattern))
            .map((pattern) => `--private ${pattern} matches no name: names begin and end with a letter or a digit.`),
    ]
}

/** Whether public packages come unencrypted over a network. */
function publicIsOpen({ public: index }: Settings): boolean {
    if (index === undefined) return false
    return [index.pages, index.files].some(
        ({ endpoint }) => endpoint.scheme === 'http' && !isLoopback(endpoint.address ?? ''),
    )
}

function unencrypted(option: string): string {
    return `${option} without --tls-cert: passwords are sent unencrypted, unless a proxy before this nginx terminates TLS.`
}

/** Whether a pattern can match a normalised name. */
function canMatch(pattern: string): boolean {
    const name = pattern.toLowerCase().replace(/[-_.]+/g, '-')
    return !/^-|-$/.test(name)
}
