import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'

/** An authority of the test's own, and what it signs. */
export interface Authority {
    /** The file with the authority's certificate. */
    file: string
    /** A key and a certificate for host names; one that is over was good for a day of 2020. */
    issue(host: string | string[], options?: { expired?: boolean; commonName?: string }): { key: string; cert: string }
}

/** Only `openssl ca` gives certificates another time than from now on. @see openssl-ca(1) */
const caConf = `
[ca]
default_ca = authority
[authority]
database        = index.txt
new_certs_dir   = .
rand_serial     = yes
default_md      = sha256
policy          = any
copy_extensions = copy
unique_subject  = no
[any]
commonName = supplied
`

const folders: string[] = []
afterAll(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** Makes an authority with openssl, in a new temporary folder, which goes with the test file. */
export function createAuthority(): Authority {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'authority-'))
    folders.push(folder)
    const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' })
    const newKey = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    openssl(...newKey, '-x509', '-days', '2', '-subj', '/CN=test authority', '-keyout', 'ca.key', '-out', 'ca.pem')
    writeFileSync(`${folder}/ca.conf`, caConf)
    writeFileSync(`${folder}/index.txt`, '')
    return {
        file: path.join(folder, 'ca.pem'),
        issue: (host, { expired = false, commonName } = {}) => {
            const hosts = [host].flat()
            // nginx compares an address with names only, clients with addresses only.
            const addresses = hosts.filter((name) => isIP(name) !== 0).map((address) => `IP:${address}`)
            const alternatives = [...hosts.map((name) => `DNS:${name}`), ...addresses]
            const names = ['-addext', `subjectAltName=${alternatives.join()}`]
            const leaf = ['-addext', 'basicConstraints=critical,CA:false']
            openssl(
                ...newKey,
                '-subj',
                `/CN=${commonName ?? hosts[0]}`,
                ...names,
                ...leaf,
                '-keyout',
                'key',
                '-out',
                'request',
            )
            const time = expired ? ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z'] : ['-days', '2']
            const authority = ['-config', 'ca.conf', '-cert', 'ca.pem', '-keyfile', 'ca.key']
            openssl('ca', '-batch', '-notext', ...authority, ...time, '-in', 'request', '-out', 'cert')
            return { key: readFileSync(`${folder}/key`, 'utf8'), cert: readFileSync(`${folder}/cert`, 'utf8') }
        },
    }
}
