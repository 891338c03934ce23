import { existsSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { nameservers } from '../option-values/listen.js'
import type { ConfigOptions } from './option-table.js'
import { settingsFrom, type Settings } from './settings.js'

/** Checks the options; DNS servers and IPv6 default to those of this machine. Throws UsageError. */
export function settingsOf(options: ConfigOptions): Settings {
    return settingsFrom(options, machineResolvers, machineHasIPv6)
}

/** Whether this machine has an IPv6 address that is neither loopback nor link-local. */
function machineHasIPv6(): boolean {
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
    return addresses.some(
        ({ family, internal, address }) => family === 'IPv6' && !internal && !/^fe[89ab]/i.test(address),
    )
}

function machineResolvers(): string[] {
    const file = '/etc/resolv.conf'
    return existsSync(file) ? nameservers(readFileSync(file, 'utf8')) : []
}
