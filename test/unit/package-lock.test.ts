import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

// npm takes an entry without `integrity` as it comes, whatever the registry sends. npm writes such entries for packages of
// other platforms: https://github.com/npm/cli/issues/4460. It repairs none, so a change of the lock file can add more.

interface Entry {
    integrity?: string
    resolved?: string
    link?: boolean
    inBundle?: boolean
}

interface Lock {
    lockfileVersion: number
    packages: Record<string, Entry>
}

/** npm writes no `resolved` with omit-lockfile-registry-resolved; what it writes must begin so. */
const registry = 'https://registry.npmjs.org/'
const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as Lock

/** What is wrong with the entries of a lock file, one line a fault. */
function faultsOf({ packages }: Pick<Lock, 'packages'>): string[] {
    return Object.entries(packages).flatMap(([folder, { integrity, resolved, link, inBundle }]) => {
        // The project itself, a link, and what lies in another package's archive have no archive of their own.
        if (folder === '' || link || inBundle) return []
        const faults: string[] = []
        if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '')) faults.push(`${folder}: no sha512 integrity`)
        if (resolved !== undefined && !resolved.startsWith(registry)) faults.push(`${folder}: not from ${registry}`)
        return faults
    })
}

test('every package is locked by its sha512 and comes from the public registry', () => {
    expect(lock.lockfileVersion).toBe(3)
    expect(Object.keys(lock.packages).length).toBeGreaterThan(100)
    expect(faultsOf(lock)).toEqual([])
})

const good = `sha512-${'A'.repeat(86)}==`
const address = `${registry}a/-/a-1.0.0.tgz`

test.each<[string, Entry, string[]]>([
    ['no integrity', { resolved: address }, ['a: no sha512 integrity']],
    ['an empty integrity', { integrity: '' }, ['a: no sha512 integrity']],
    ['a weak hash', { integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }, ['a: no sha512 integrity']],
    ['a mirror', { integrity: good, resolved: 'https://npm.example/a.tgz' }, [`a: not from ${registry}`]],
    ['a port', { integrity: good, resolved: 'https://registry.npmjs.org:8443/a.tgz' }, [`a: not from ${registry}`]],
    [
        'a longer name',
        { integrity: good, resolved: 'https://registry.npmjs.org.example/a.tgz' },
        [`a: not from ${registry}`],
    ],
    ['a password', { integrity: good, resolved: 'https://u:p@registry.npmjs.org/a.tgz' }, [`a: not from ${registry}`]],
    ['no TLS', { integrity: good, resolved: 'http://registry.npmjs.org/a.tgz' }, [`a: not from ${registry}`]],
    ['a repository', { integrity: good, resolved: 'git+ssh://git@github.com/a/a.git#1' }, [`a: not from ${registry}`]],
    ['a file', { integrity: good, resolved: 'file:a.tgz' }, [`a: not from ${registry}`]],
    ['nothing wrong', { integrity: good, resolved: address }, []],
    ['nothing wrong, without an address', { integrity: good }, []],
    ['a link', { resolved: 'a', link: true }, []],
])('the check of an entry: %s', (_name, entry, faults) => {
    expect(faultsOf({ packages: { '': {}, a: entry } })).toEqual(faults)
})
