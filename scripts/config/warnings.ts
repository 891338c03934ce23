import { isLoopback } from '../options/listen.js'
import type { Settings } from './settings.js'
import type { ConfigOptions } from './option-table.js'

/** What works as it was asked for, and is probably not meant. Sentences, each with its cure. */
export function warningsOf(settings: Settings, options: ConfigOptions): string[] {
    const { tls, fallback, htpasswd, listen } = settings
    // In a container the loopback of the host may be all that is published, and TLS may end before nginx.
    const isOpen = !listen.every(isLoopback)
    return [
        ...(htpasswd !== undefined && tls === undefined && isOpen
            ? [
                  '--htpasswd without --tls-cert: passwords are readable on the network, unless TLS ends before this nginx.',
              ]
            : []),
        ...(fallback?.startsWith('http:') && !isLoopback(new URL(fallback).hostname)
            ? [`--fallback ${fallback} is not encrypted: who is on the network can replace packages. Use https://.`]
            : []),
        ...(tls?.clientCa !== undefined && tls.clientCrl === undefined
            ? ['--client-ca without --client-crl: a certificate that is lost reads until it expires.']
            : []),
        ...(options.private ?? [])
            .filter((pattern) => !canMatch(pattern))
            .map((pattern) => `--private ${pattern} matches no name: names begin and end with a letter or a digit.`),
    ]
}

/** Whether a pattern can match a normalised name. */
function canMatch(pattern: string): boolean {
    const name = pattern.toLowerCase().replace(/[-_.]+/g, '-')
    return !/^-|-$/.test(name)
}
