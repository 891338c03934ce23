import { describe, expect, test } from 'vitest'
import { type CredentialsOptions } from '../../../scripts/config/credentials.js'
import { credentialsKinds } from '../../../scripts/config/option-table.js'
import { render } from '../../../scripts/config/render.js'
import { settingsFrom } from '../../../scripts/config/settings.js'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'
import { expectRefusal, nginxInjections } from './refusal.js'

const roleArn = 'arn:aws:iam::123456789012:role/team/index'
const settings = (options: Partial<ConfigOptions>, resolvers: string[] = ['10.0.0.2']) =>
    settingsFrom({ bucket: 'my-pypi', nginxVersion: '1.30.4', ...options }, () => resolvers)

const rendered = (options: Partial<ConfigOptions>, name: string): string | undefined =>
    render(settings(options), { folder: '/etc/nginx/x', command: 'test' }).find((file) => file.name === name)?.content

/** The files that nginx includes, as one text. */
const configuration = (options: Partial<ConfigOptions>): string =>
    ['site.conf', 'maps.conf', 'locations.conf', 's3.conf'].map((name) => rendered(options, name) ?? '').join('')

describe('how the script comes by credentials', () => {
    test.each<[string, string, CredentialsOptions]>([
        ['environment', '1.22.1', {}],
        ['environment', '1.30.4', { credentials: 'env' }],
        ['files', '1.22.1', { credentials: 'file' }],
        ['memory', '1.25.3', { credentials: 'file' }],
        ['memory', '1.25.3', { credentials: 'ec2' }],
        ['memory', '1.30.4', { credentials: 'auto' }],
        ['memory', '1.30.4', { credentials: 'env', roleArn }],
    ])('%s: nginx %s, %j', (access, nginxVersion, options) => {
        expect(settings({ nginxVersion, ...options }).credentials.access).toBe(access)
    })

    test('static keys are signed with by the same script as before, without anything in the background', () => {
        const site = configuration({})
        expect(site).not.toMatch(/js_periodic|s3_credentials:|js_fetch/)
        expect(rendered({}, 'refresh-credentials.js')).toBeUndefined()
    })

    test('the twin: a provider is asked in the background', () => {
        const site = configuration({ credentials: 'ecs' })
        expect(site).toMatch(/js_shared_dict_zone zone=s3_credentials:\d+k;/)
        expect(site).toContain('js_periodic refresh.refresh interval=5s;')
        expect(rendered({ credentials: 'ecs' }, 'refresh-credentials.js')).toBeDefined()
    })
})

describe('env.conf declares what the source reads, and nothing else', () => {
    test.each<[CredentialsOptions, string[], string[]]>([
        [{ credentials: 'file' }, ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_ACCESS_KEY_ID_FILE'], ['AWS_ACCESS_KEY_ID']],
        [{ credentials: 'ecs' }, ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'], ['AWS_ACCESS_KEY_ID', 'AWS_ROLE_ARN']],
        [{ credentials: 'web-identity' }, ['AWS_ROLE_ARN', 'AWS_REGION'], ['AWS_SECRET_ACCESS_KEY']],
        [{ roleArn }, ['AWS_SECRET_ACCESS_KEY', 'AWS_REGION'], ['AWS_WEB_IDENTITY_TOKEN_FILE']],
        [{ credentials: 'auto' }, ['AWS_ACCESS_KEY_ID', 'AWS_EC2_METADATA_DISABLED', 'AWS_ROLE_ARN'], []],
    ])('%j', (options, there, missing) => {
        const names = rendered(options, 'env.conf')!.match(/(?<=^env )\w+(?=;)/gm)!
        expect(names).toEqual(expect.arrayContaining([...there, 'AWS_S3_BUCKET']))
        for (const name of missing) expect(names).not.toContain(name)
        expect(new Set(names).size).toBe(names.length)
    })
})

describe('the token service that is asked', () => {
    test.each<[Partial<ConfigOptions>, string, boolean]>([
        [{ credentials: 'web-identity' }, '', true],
        [{ credentials: 'web-identity', endpointUrl: 'https://ceph.example.com' }, 'https://ceph.example.com', true],
        [{ roleArn, endpointUrl: 'http://127.0.0.1:9000' }, 'http://127.0.0.1:9000', false],
        [{ roleArn, endpointUrl: 'http://localhost:9000' }, 'http://127.0.0.1:9000', false],
        [{ roleArn, stsEndpointUrl: 'https://sts.example.com:8443' }, 'https://sts.example.com:8443', true],
        [{ credentials: 'ec2' }, '', false],
    ])('%j: %j', (options, endpoint, needsDns) => {
        expect(settings(options).credentials).toMatchObject({ endpoint, needsDns })
    })

    test('needs DNS, and says so', () => {
        const options = { roleArn, endpointUrl: 'http://127.0.0.1:9000', stsEndpointUrl: 'https://sts.example.com' }
        expect(settings(options).resolver).toEqual(['10.0.0.2'])
        expectRefusal(
            () => settings({ ...options, resolver: ['off'] }),
            '--resolver off leaves no DNS server to resolve the security token service',
            'Name a DNS server',
        )
    })
})

describe('refused', () => {
    test.each(credentialsKinds.filter((kind) => kind !== 'env' && kind !== 'file'))(
        '--credentials %s for an njs that cannot renew',
        (credentials) => {
            const cause = `--credentials ${credentials} needs nginx 1.25.3 or later (njs 0.8.1), not 1.22.1`
            expectRefusal(
                () => settings({ credentials, nginxVersion: '1.22.1' }),
                cause,
                'use --credentials env or file',
            )
            const engine = `--credentials ${credentials} with --js-engine qjs needs njs 0.9.1`
            expectRefusal(
                () => settings({ credentials, nginxVersion: '1.28.0', jsEngine: 'qjs' }),
                engine,
                'Leave --js-engine out',
            )
            expect(settings({ credentials, nginxVersion: '1.28.1', jsEngine: 'qjs' }).credentials.kind).toBe(
                credentials,
            )
        },
    )

    test.each(['env', 'file'] as const)('--role-arn with %s, too', (credentials) => {
        const cause = '--role-arn needs nginx 1.25.3 or later'
        expectRefusal(() => settings({ credentials, roleArn, nginxVersion: '1.22.1' }), cause, 'without --role-arn')
    })

    test.each(['index', 'arn:aws:iam::1:user/x', 'arn:aws:iam::123456789012:role/', ...nginxInjections])(
        'the role %j',
        (text) => expectRefusal(() => settings({ roleArn: text }), 'is not the ARN of a role', 'arn:aws:iam::'),
    )

    test.each(['x', '', 'a b', 'a;b', ...nginxInjections])('the external id %j', (text) => {
        expectRefusal(() => settings({ roleArn, externalId: text }), 'cannot be an external ID', '2 to 1224')
    })

    test('options that mean nothing', () => {
        expectRefusal(() => settings({ externalId: 'xx' }), '--external-id requires --role-arn', 'Add')
        expectRefusal(
            () => settings({ stsEndpointUrl: 'https://sts.example.com' }),
            '--sts-endpoint-url requires a role',
            'Add --role-arn',
        )
    })
})
