import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { settingsFrom } from '../../scripts/config/settings.js'
import type { ConfigOptions } from '../../scripts/config/option-table.js'
import { freePort } from '../../scripts/nginx/free-port.js'
import { createAuthority } from '../support/machine/certificates.js'
import {
    configVariants,
    credentialsVariants,
    deliveryVariants,
    nginxVersions,
    publicVariants,
    servingVariants,
    uploadVariants,
    type ServingFiles,
} from '../support/variants/config-variants.js'
import { testConfiguration } from '../support/nginx/test-configuration.js'
import { nginxUnderTest } from '../support/nginx/nginx-under-test.js'

const nginx = await nginxUnderTest()
const port = await freePort()
const isOldEnough = (version: string) => version.localeCompare(nginx.version, 'en', { numeric: true }) <= 0

let root: string

beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'nginx-t-'))
})
afterEach(() => rm(root, { recursive: true }))

const settings = (options: ConfigOptions) => settingsFrom(options, () => ['127.0.0.1'])

const authority = createAuthority()
const folder = path.dirname(authority.file)
afterAll(() => rm(folder, { recursive: true }))

/** What the options of who may read name, and a cache. */
async function servingFiles(): Promise<ServingFiles> {
    const files = { htpasswd: `${folder}/htpasswd`, certificate: `${folder}/tls.cert`, key: `${folder}/tls.key` }
    const { cert, key } = authority.issue('pypi.example.com')
    await writeFile(files.certificate, cert)
    await writeFile(files.key, key)
    await writeFile(files.htpasswd, 'ci:{PLAIN}secret\n')
    await mkdir(`${folder}/cache`)
    return { ...files, cacheFolder: `${folder}/cache`, clientCa: authority.file }
}

describe(`nginx ${nginx.version} takes what is written for it and for older ones`, async () => {
    const listen = [`127.0.0.1:${port}`]
    const files = await servingFiles()
    const credentials = credentialsVariants(listen).map(({ name, options }) => ({
        name,
        options: options.cache === undefined ? options : { ...options, cache: files.cacheFolder },
    }))
    const variants = [
        ...configVariants(listen),
        ...servingVariants(listen, files),
        ...deliveryVariants(listen, files),
        ...publicVariants(listen, files),
        ...uploadVariants(listen, files),
        ...credentials,
    ]
    const suitable = variants.filter(({ options }) => isOldEnough(options.nginxVersion!))

    test.each(suitable.map(({ name, options }) => [name, options] as const))('%s', async (_name, options) => {
        const { accepted, output } = await testConfiguration(nginx, root, settings(options))
        expect({ accepted, output }).toEqual({ accepted: true, output: expect.stringContaining('test is successful') })
        // The form that nginx 1.22 knows; the later one is what 1.25.1 and newer are given.
        const complaints = output.replaceAll(/.*the "listen ... http2" directive is deprecated.*/g, '')
        expect(complaints).not.toMatch(/\[(?:warn|error|crit|alert|emerg)\]/)
    })
})

const targets = ['docker', 'debian', 'standalone'] as const

test.each(targets)('nginx reads the files for %s: it refuses one that is broken', async (target) => {
    const endpointUrl = 'http://127.0.0.1:9000'
    const own = settings({
        bucket: 'my-pypi',
        target,
        nginxVersion: '1.22.1',
        listen: [`127.0.0.1:${port}`],
        endpointUrl,
    })
    for (const [broken, directive, complaint] of [
        ['env.conf', 'env AWS_SESSION_TOKEN;', 'unknown directive "no_directive"'],
        ['site.conf', 'send_timeout                60s;', 'unknown directive "no_directive"'],
        ['maps.conf', 'js_import', 'unknown directive "no_directive"'],
        ['locations.conf', 'server_tokens     off;', 'unknown directive "no_directive"'],
        ['nginx-s3-pypi.js', 'export default', 'SyntaxError'],
    ] as const) {
        await rm(root, { recursive: true })
        root = await mkdtemp(path.join(tmpdir(), 'nginx-t-'))
        const { accepted, output } = await testConfiguration(nginx, root, own, (name, content) => {
            if (name !== broken) return content
            expect(content).toContain(directive)
            return content.replace(directive, 'no_directive { ;')
        })
        expect([broken, accepted, output]).toEqual([broken, false, expect.stringContaining(complaint)])
    }
})

// What an older nginx does not know is the reason for --nginx-version.
if (!isOldEnough('1.27.3')) {
    test(`nginx ${nginx.version} refuses what is written for 1.30.4`, async () => {
        expect(nginxVersions).toContain('1.30.4')
        const options: ConfigOptions = { bucket: 'my-pypi', nginxVersion: '1.30.4', listen: [`127.0.0.1:${port}`] }
        const { accepted, output } = await testConfiguration(nginx, root, settings(options))
        expect([accepted, output]).toEqual([
            false,
            expect.stringMatching(/\[emerg\].*(?:js_shared_dict_zone|resolver)/),
        ])
    })
}
