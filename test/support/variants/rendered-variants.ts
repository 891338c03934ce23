import { expect } from 'vitest'
import { render, type GeneratedFile } from '../../../scripts/config/render.js'
import { isSealed } from '../../../scripts/config/seal.js'
import { settingsFrom } from '../../../scripts/config/settings.js'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'
import {
    configVariants,
    credentialsVariants,
    deliveryVariants,
    publicVariants,
    servingVariants,
} from './config-variants.js'

const listen = ['127.0.0.1:8080', '[::1]:8080']
const files = {
    ...{ cacheFolder: '/var/cache/pypi', htpasswd: '/etc/htpasswd', certificate: '/etc/tls.cert' },
    ...{ key: '/etc/tls.key', clientCa: '/etc/ca.pem' },
}

/** All combinations of options, by their names. */
export const renderedVariants: [name: string, options: ConfigOptions][] = [
    ...configVariants(listen),
    ...servingVariants(listen, files),
    ...deliveryVariants(listen, files),
    ...publicVariants(listen, files),
    ...credentialsVariants(listen),
].map(({ name, options }) => [name, options])

/** The files that the generator makes of these options. */
export function rendered(options: Partial<ConfigOptions>): GeneratedFile[] {
    const settings = settingsFrom({ bucket: 'my-pypi', ...options }, () => ['10.0.0.2'])
    return render(settings, { folder: '/etc/nginx/nginx-s3-pypi', command: 'generate-config' })
}

/** Expects sealed, tidy files without a trace of the template, the same ones each time. */
export function expectTidyFiles(options: ConfigOptions): void {
    const files = rendered(options)
    for (const { name, content } of files) {
        expect(isSealed(content), name).toBe(true)
        // These hold libraries.
        if (!/^web-(?:app|markdown)\.js$/.test(name)) expect(content, name).not.toMatch(/\n\n\n|[ \t]\n|\r|\t/)
    }
    for (const { name, content } of files.filter((each) => each.name.endsWith('.conf'))) {
        expect(content, name).not.toMatch(/\{\{|\}\}|undefined|\[object|\bNaN\b|\btrue;|\bfalse;/)
        expect(content, name).toContain('\n# Made by: generate-config\n')
    }
    expect(rendered(options)).toEqual(files)
}
