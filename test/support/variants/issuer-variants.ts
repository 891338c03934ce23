import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'

const folders: string[] = []
afterAll(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })))

/**
 * Options that trust the jobs of other issuers, whose file goes with the tests.
 *
 * @param issuers the settings of each, in YAML: `url: "https://issuer.example.com"`
 */
export function trustingIssuers(...issuers: string[]): Partial<ConfigOptions> {
    const folder = mkdtempSync(path.join(tmpdir(), 'issuers-'))
    folders.push(folder)
    const names = issuers.map((_issuer, index) => `own${index}`)
    const lines = [
        'audience: pypi.example.com',
        'issuers:',
        ...names.map((name, index) => `  ${name}: {${issuers[index]}}`),
        'publishers:',
        ...names.map((name) => `  - {issuer: ${name}, claims: {sub: ci}, projects: acme}`),
    ]
    const trustedPublishers = path.join(folder, 'publishers.yaml')
    writeFileSync(trustedPublishers, lines.join('\n') + '\n')
    return { upload: true, tokenKeys: '/etc/nginx/secrets/token-keys', trustedPublishers }
}
