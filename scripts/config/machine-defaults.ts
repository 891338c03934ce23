import { existsSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { nameservers } from '../options/listen.js'
import type { ConfigOptions } from './option-table.js'
import { settingsFrom, type Settings } from './settings.js'

/** Checks the options; what neither they nor a default can tell is asked of this machine. Throws UsageError. */
export function settingsOf(options: ConfigOptions): Settings {
    return settingsFrom(options, machineResolvers, machineHasIPv6)
}

/** Whether this machine has an address of IPv6 that others could answer: no loopback and no link-local one. */
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
