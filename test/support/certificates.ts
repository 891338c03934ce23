import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** An authority of the test's own, and what it signs. */
export interface Authority {
    /** The file with the authority's certificate. */
    file: string
    /** A key and a certificate for a host name. */
    issue(host: string): { key: string; cert: string }
}

/** Makes an authority with openssl, in a new folder of the system's temporary one. */
export function createAuthority(): Authority {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'authority-'))
    const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' })
    const newKey = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    openssl(...newKey, '-subj', '/CN=test authority', '-keyout', 'ca.key', '-out', 'ca.pem')
    return {
        file: path.join(folder, 'ca.pem'),
        issue: (host) => {
            const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
            const leaf = ['-addext', 'basicConstraints=critical,CA:false']
            openssl(...newKey, ...names, ...leaf, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-keyout', 'key', '-out', 'cert')
            return { key: readFileSync(`${folder}/key`, 'utf8'), cert: readFileSync(`${folder}/cert`, 'utf8') }
        },
    }
}
