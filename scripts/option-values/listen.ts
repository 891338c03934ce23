import { isIPv4, isIPv6 } from 'node:net'
import { UsageError } from '../../core/user-error.js'
import { isHostName } from './endpoint.js'

/** `PORT`, `ADDRESS:PORT` or `[IPv6]:PORT`, for nginx's `listen`. Throws UsageError for anything else. */
export function parseListen(text: string): string {
    const match = /^(?:(.*):)?([1-9]\d{0,4})$/.exec(text)
    const port = Number(match?.[2] ?? 0)
    const address = match?.[1]
    const isAddress = address === undefined || address === '*' || isIPv4(address) || isBracketedIPv6(address)
    if (port < 1 || port > 65535 || !isAddress) {
        throw new UsageError(
            `${JSON.stringify(text)} is not an address to listen on`,
            'Write a port (8080), ADDRESS:PORT (127.0.0.1:8080) or [IPv6]:PORT ([::]:8080).',
        )
    }
    return text
}

/** The addresses to listen on. Throws UsageError for an invalid or repeated one. */
export function parseListens(texts: string[]): string[] {
    const addresses = texts.map(parseListen)
    const sockets = addresses.map((address) => address.replace(/^(?:\*:|0\.0\.0\.0:)/, ''))
    const twice = addresses.find((_address, index) => sockets.indexOf(sockets[index]!) !== index)
    if (twice !== undefined) {
        throw new UsageError(
            `--listen ${twice} is given twice: nginx listens on an address once`,
            'Leave one of them out.',
        )
    }
    return addresses
}

/**
 * The addresses for nginx's `listen`: a port without an address means all IPv4 and IPv6 addresses.
 *
 * @param addresses as `parseListens` accepts them
 */
export function bothFamilies(addresses: readonly string[]): string[] {
    const all = addresses.flatMap((address) => (/^\d+$/.test(address) ? [address, `[::]:${address}`] : [address]))
    return all.filter((address, index) => all.indexOf(address) === index)
}

/** Whether an address, with or without a port, is a loopback address. RFC 6890. */
export function isLoopback(address: string): boolean {
    return /^(?:127\.|\[::1\])/.test(address)
}

/** `[IPv6]`, without a scope, which nginx does not support. */
function isBracketedIPv6(text: string): boolean {
    return /^\[[^%]*\]$/.test(text) && isIPv6(text.slice(1, -1))
}

/** A host name, an IPv4 address, `*.NAME`, `.NAME` or `_` (any name), for nginx's `server_name`. */
export function parseServerName(text: string): string {
    if (text !== '_' && !isIPv4(text) && !isHostName(text.replace(/^(?:\*\.|\.)/, ''))) {
        throw new UsageError(`${JSON.stringify(text)} is not a server name`, 'Write a host name: pypi.example.com')
    }
    return text.toLowerCase()
}

/** The names of the index; empty for any name, as for `_`. Throws UsageError for an invalid one. */
export function parseServerNames(texts: string[]): string[] {
    const names = [...new Set(texts.map(parseServerName))]
    return names.includes('_') ? [] : names
}

/** `ADDRESS[:PORT]` of a DNS server, for nginx's `resolver`; adds the brackets of an IPv6 address. */
export function parseResolver(text: string): string {
    if (isIPv6(text) && !text.includes('%')) return `[${text}]`
    const match = /^([^]*?)(?::(\d{1,5}))?$/.exec(text)!
    const host = match[1]!
    const port = Number(match[2] ?? 53)
    // "off" is not a server: the caller handles it when it is the only value.
    const isServer = isIPv4(host) || isBracketedIPv6(host) || (isHostName(host) && host !== 'off')
    if (!isServer || port < 1 || port > 65535) {
        throw new UsageError(`${JSON.stringify(text)} is not a DNS server`, 'Write ADDRESS or ADDRESS:PORT: 10.0.0.2')
    }
    return text
}

/**
 * The name servers of a resolv.conf(5), for nginx's `resolver`. Omits addresses with a scope, which nginx does not
 * support.
 */
export function nameservers(resolvConf: string): string[] {
    return [...resolvConf.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)]
        .map((match) => match[1]!)
        .filter((address) => isIPv4(address) || (isIPv6(address) && !address.includes('%')))
        .map((address) => parseResolver(address))
}
