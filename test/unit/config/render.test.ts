import { describe, expect, test } from 'vitest'
import { fillTemplate } from '../../../scripts/config/fill-template.js'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'
import { expectTidyFiles, rendered, renderedVariants } from '../../support/variants/rendered-variants.js'
import { nginxInjections } from './refusal.js'

function file(name: string, options: Partial<ConfigOptions>): string {
    return rendered(options).find((each) => each.name === name)!.content
}

/** The files that nginx includes, as one text. */
function configuration(options: Partial<ConfigOptions>): string {
    const files = rendered(options).filter(({ name }) => name.endsWith('.conf'))
    return files.map(({ content }) => content).join('')
}

describe('a template', () => {
    test('takes its values', () => {
        const view = { name: 'a', flag: true, off: false, list: ['b', 'c'] }
        const template = '{{name}}{{#if flag}}+{{/if}}{{#if off}}-{{/if}}{{#each list}}{{this}}{{/each}}'
        expect(fillTemplate(template, view)).toBe('a+bc')
        expect(fillTemplate('{{name}}', { name: `<'"&` })).toBe(`<'"&`)
    })

    test.each(['{{name}}', '{{#if name}}x{{/if}}', '{{#unless name}}x{{/unless}}', '{{#each name}}x{{/each}}'])(
        '%s without a value is an error',
        (template) => {
            expect(() => fillTemplate(template, {})).toThrow(/name/)
            expect(() => fillTemplate(template, { name: undefined })).toThrow(/name/)
            expect(() => fillTemplate('{{> part}}', {}, { part: template })).toThrow(/name/)
        },
    )

    test('includes a part, as far in as it is named, and no part that is not there', () => {
        const part = 'a {{name}};\n{{#if flag}}\nb;\n{{/if}}\n'
        expect(fillTemplate('{\n    {{> part}}\n}\n', { name: '<', flag: true }, { part })).toBe(
            '{\n    a <;\n    b;\n}\n',
        )
        expect(() => fillTemplate('{{> other}}', { name: '<' }, { part })).toThrow(/other/)
    })

    test('holds no logic: a helper that is not known is an error', () => {
        expect(() => fillTemplate('{{upper name}}', { name: 'a' })).toThrow(/upper/)
    })
})

describe('a sample of the combinations of options', () => {
    const everyNth = (step: number) => renderedVariants.filter((_variant, position) => position % step === 0)
    const sample = everyNth(17)

    test.each(sample)('what a careful administrator would have written: %s', (_name, options) => {
        expectTidyFiles(options)
    })

    test('has each value of each option, and has variants without it', () => {
        const names = new Set(renderedVariants.flatMap(([, options]) => Object.keys(options)))
        const valuesOf = (variants: typeof sample) =>
            new Set(
                variants.flatMap(([, options]) =>
                    [...names].map((name) => JSON.stringify([name, options[name as keyof ConfigOptions]])),
                ),
            )
        expect(valuesOf(sample)).toEqual(valuesOf(renderedVariants))
        // A step that divides the number of the choices leaves some out.
        expect(valuesOf(everyNth(18))).not.toEqual(valuesOf(renderedVariants))
    })
})

test.each(['region', 'prefix', 'nginxVersion', 'bucket'] as const)('nothing gets into a file by --%s', (name) => {
    for (const text of nginxInjections) expect(() => rendered({ [name]: `xx${text}xx` }), text).toThrow(/xx/)
})

test('nothing gets into a file by the options that hold addresses and paths', () => {
    for (const text of nginxInjections) {
        expect(() => rendered({ endpointUrl: `https://${text}` })).toThrow('the endpoint')
        expect(() => rendered({ listen: ['81', text] })).toThrow('not an address to listen on')
        expect(() => rendered({ serverName: ['a', `xx${text}xx`] }), text).toThrow(/xx/)
        expect(() => rendered({ resolver: ['10.0.0.2', text] })).toThrow('not a DNS server')
        expect(() => rendered({ caBundle: `/${text}` })).toThrow('nginx cannot use the path')
    }
})

describe('env.conf', () => {
    test('names the variables, and gives none a value', () => {
        const declared = file('env.conf', {}).match(/^env .*/gm)
        expect(declared).toEqual([
            'env AWS_ACCESS_KEY_ID;',
            'env AWS_SECRET_ACCESS_KEY;',
            'env AWS_SESSION_TOKEN;',
            'env AWS_ACCESS_KEY;',
            'env AWS_SECRET_KEY;',
            'env AWS_S3_BUCKET;',
        ])
    })

    test('loads the module, except on Debian, whose nginx has it loaded', () => {
        const line = 'load_module /usr/lib/nginx/modules/ngx_http_js_module.so;\n'
        expect(file('env.conf', { target: 'docker' })).toContain(line)
        expect(file('env.conf', { target: 'standalone' })).toContain(line)
        expect(file('env.conf', { target: 'debian' })).not.toContain('load_module')
    })
})

describe('the configuration', () => {
    test.each([
        ['1.22.1', false, false],
        ['1.26.3', true, false],
        ['1.27.3', true, true],
        ['1.30.4', true, true],
    ])('of nginx %s keeps the signing key: %s, follows DNS in the upstream: %s', (nginxVersion, keepsKey, follows) => {
        const site = configuration({ nginxVersion })
        expect(site.includes('js_shared_dict_zone')).toBe(keepsKey)
        expect(site.includes(' resolve max_fails')).toBe(follows)
        expect(site.includes('keepalive 64;')).toBe(follows)
        expect(site).toMatch(/^ *resolver +127\.0\.0\.11 ipv6=off;$/m)
    })

    test('names an engine only to an nginx that has a choice', () => {
        expect(configuration({})).not.toContain('js_engine')
        expect(configuration({ jsEngine: 'qjs' })).toContain('js_engine qjs;\n')
        expect(configuration({ jsEngine: 'njs' })).toContain('js_engine njs;\n')
        expect(configuration({ jsEngine: 'njs', nginxVersion: '1.22.1' })).not.toContain('js_engine')
    })

    test('verifies the certificate of S3, where there is one', () => {
        const site = configuration({ caBundle: '/etc/ssl/own.pem' })
        expect(site).toMatch(/proxy_ssl_verify +on;/)
        expect(site).toMatch(/proxy_ssl_trusted_certificate \/etc\/ssl\/own\.pem;/)
        expect(site).toMatch(/proxy_ssl_name +s3\.us-east-1\.amazonaws\.com;/)
        expect(configuration({ endpointUrl: 'http://10.0.0.5' })).not.toContain('proxy_ssl')
    })

    test('asks no DNS server for what is known, or shall be looked up once', () => {
        for (const options of [{ endpointUrl: 'http://10.0.0.5:9000' }, { resolver: ['off'] }]) {
            for (const nginxVersion of ['1.22.1', '1.30.4']) {
                const site = configuration({ ...options, nginxVersion })
                expect(site).not.toMatch(/resolver|resolve /)
                expect(site).toContain('keepalive 64;')
            }
        }
    })
})

test('no more files stay open than nginx may open where it runs', () => {
    const cache = '/var/cache/pypi'
    // systemd's soft limit for Debian's nginx is 1,024, of which its connections take 768.
    expect(configuration({ target: 'debian', cache })).toMatch(/^ *open_file_cache +max=200 /m)
    expect(configuration({ target: 'docker', cache })).toMatch(/^ *open_file_cache +max=1000 /m)
    expect(file('nginx.conf', { target: 'docker', cache })).toMatch(/^worker_rlimit_nofile 8192;/m)
    expect(configuration({ target: 'docker' })).not.toContain('open_file_cache')
})
