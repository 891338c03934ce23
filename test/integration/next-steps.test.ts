import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { nextSteps } from '../../scripts/next-steps/next-steps.js'
import { settingsFrom } from '../../scripts/config/settings.js'
import type { ConfigOptions } from '../../scripts/config/option-table.js'
import { trustedPublishing } from '../support/variants/config-variants.js'

const hostileFolders = ['my index', "it's", '$HOME', '`id`', 'é日本', 'a+b%20~', 'x'.repeat(200)]

function steps(options: Partial<ConfigOptions>, folder = 'nginx-s3-pypi'): string {
    return nextSteps(
        settingsFrom({ bucket: 'my-pypi', ...options }, () => ['10.0.0.2']),
        folder,
    )
}

/** The words that a shell makes of the command that begins so. */
function wordsOf(text: string, beginning: string): string[] {
    const [program] = beginning.split(' ')
    const command = /(?:\\\n|.)*/.exec(text.slice(text.indexOf(`\n  ${beginning}`) + 1))![0]
    const script = `${program}() { /usr/bin/printf '%s\\0' ${program} "$@"; }; ${command}`
    return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8', cwd: '/' }).split('\0').slice(0, -1)
}

describe('Docker', () => {
    test('runs the official image as it is, with the folder read-only and the credentials by name', () => {
        expect(wordsOf(steps({}), 'docker run').slice(2)).toEqual([
            ...['-d', '--name', 'pypi', '-p', '8080:80', '--network', 'pypi'],
            ...['-e', 'AWS_ACCESS_KEY_ID', '-e', 'AWS_SECRET_ACCESS_KEY'],
            ...['-e', 'AWS_SESSION_TOKEN', '-e', 'AWS_S3_BUCKET'],
            ...['-v', '//nginx-s3-pypi:/etc/nginx/nginx-s3-pypi:ro'],
            ...['nginx:1.30.4', 'nginx', '-c', '/etc/nginx/nginx-s3-pypi/nginx.conf', '-g', 'daemon off;'],
        ])
    })

    test.each(hostileFolders)('mounts the folder %j', (folder) => {
        for (const [out, source] of [
            [folder, `//${folder}`],
            [`/srv/${folder}`, `/srv/${folder}`],
        ] as const) {
            const text = steps({}, out)
            expect(wordsOf(text, 'docker run')).toContain(`${source}:/etc/nginx/nginx-s3-pypi:ro`)
            const compose = text.replace(/^ {2}NGINX_S3_PYPI=(.*) docker compose up$/m, '  compose $1')
            expect(wordsOf(compose, 'compose')).toEqual(['compose', source])
        }
    })

    test('has no network of its own where no name is looked up', () => {
        const text = steps({ endpointUrl: 'http://10.0.0.5:9000' })
        expect(text).not.toContain('network')
        expect(text).toContain('-p 8080:80 ')
        expect(steps({ endpointUrl: 'http://minio:9000' })).toMatch(/^ {2}docker network create pypi$/m)
    })

    test.each([
        [{ listen: ['127.0.0.1:8081'] }, ':8081'],
        [{ listen: ['[::1]:8081', '127.0.0.1:8082'] }, ':8081'],
        [{ endpointUrl: 'http://localhost:9000', listen: ['8081'] }, ':8081'],
        [{ endpointUrl: 'http://127.0.0.1:9000' }, ''],
        [{ endpointUrl: 'http://[::1]:9000' }, ''],
    ] as [Partial<ConfigOptions>, string][])('is in the network of the host with %j', (options, port) => {
        const text = steps(options)
        expect(text).toMatch(/^ {2}docker run -d --name pypi --network host \\$/m)
        expect(text).not.toContain('network create')
        expect(text).not.toContain('compose')
        expect(text).toContain(`--index-url http://localhost${port}/simple/`)
    })

    test('Compose, which publishes port 80, is named where nginx listens on it', () => {
        expect(steps({ listen: ['8081'] })).not.toContain('compose')
        expect(steps({ listen: ['8081'] })).toContain('-p 8080:8081 ')
        expect(steps({ listen: ['[::]:80', '8081'] })).toContain('docker compose up')
    })
})

describe('Docker, with what a container does not have of itself', () => {
    const tls = { tlsCert: '/srv/tls/é.crt', tlsKey: '/srv/tls/é.key' }

    test.each<[options: Partial<ConfigOptions>, volumes: string[]]>([
        [{ cache: '/var/cache/pypi' }, ['pypi-cache:/var/cache/pypi']],
        [{ htpasswd: '/srv/users' }, ['/srv/users:/srv/users:ro']],
        [{ caBundle: '/srv/ca&(1).pem' }, ['/srv/ca&(1).pem:/srv/ca&(1).pem:ro']],
        [tls, ['/srv/tls/é.crt:/srv/tls/é.crt:ro', '/srv/tls/é.key:/srv/tls/é.key:ro']],
        [{ ...tls, tlsKey: tls.tlsCert, clientCa: tls.tlsCert }, ['/srv/tls/é.crt:/srv/tls/é.crt:ro']],
    ])('%j', (options, volumes) => {
        const text = steps(options)
        const words = wordsOf(text, 'docker run')
        const mounted = words.filter((_word, index) => words[index - 1] === '-v')
        expect(mounted.slice(1)).toEqual(volumes)
        expect(words.slice(-6)).toEqual(wordsOf(steps({}), 'docker run').slice(-6))
        // Compose mounts the folder alone.
        expect(text).not.toContain('compose')
    })

    test('TLS has a port of its own, and the certificate a name', () => {
        const text = steps({ ...tls, serverName: ['pypi.example.com'] })
        expect(text).toContain(' -p 8443:443 -p 8080:80 --network pypi \\\n')
        expect(text).toContain('--index-url https://pypi.example.com:8443/simple/ PACKAGE')
        expect(steps({ ...tls, httpListen: 'off' })).toContain(' -p 8443:443 --network pypi \\\n')
        expect(steps({ ...tls, serverName: ['*.example.com'] })).toContain('--index-url https://localhost:8443/simple/')
        expect(steps({ ...tls, target: 'debian' })).toContain('--index-url https://localhost/simple/')
    })
})

describe('Debian', () => {
    test.each(hostileFolders)('installs the files of the folder %j', (folder) => {
        for (const [out, source] of [
            [folder, `./${folder}`],
            [`/srv/${folder}`, `/srv/${folder}`],
        ] as const) {
            const installed = wordsOf(steps({ target: 'debian' }, out), 'install')
            expect(installed).toEqual(['install', '-m', '644', '-D', '-t', '/etc/nginx/nginx-s3-pypi', `${source}/*`])
        }
    })

    test('says where it listens', () => {
        expect(steps({ target: 'debian', listen: ['127.0.0.1:8081'] })).toContain('http://localhost:8081/simple/')
    })
})

describe('tokens', () => {
    const keys = '/etc/nginx/secrets/token-keys'
    const read = { readTokens: true, tokenKeys: keys } as const
    const upload = { upload: true, tokenKeys: keys } as const
    const passwords = { uploadHtpasswd: '/srv/uploaders' }
    const tls = { tlsCert: '/srv/tls/cert', tlsKey: '/srv/tls/key' }
    const standalone: Partial<ConfigOptions> = { target: 'standalone', nginxVersion: '1.26.3', listen: ['8081'] }
    const users = (options: Partial<ConfigOptions>) =>
        [...steps(options).matchAll(/^(?:Then|And|In a CI job): +(.*)$/gm)].map(([, command]) => command)

    test.each<[string, Partial<ConfigOptions>, commands: string[]]>([
        [
            'for reading',
            { ...read, revokedTokens: '/srv/revoked' },
            [
                `manage-index token USER --read --expires 30d --token-keys ${keys}`,
                'pip install --index-url http://__token__:TOKEN@localhost:8081/simple/ PACKAGE',
            ],
        ],
        [
            'for reading, with keys in the environment',
            { ...read, tokenKeys: 'env' },
            [
                'manage-index token USER --read --expires 30d',
                'pip install --index-url http://__token__:TOKEN@localhost:8081/simple/ PACKAGE',
            ],
        ],
        [
            'for uploads',
            upload,
            [
                'pip install --index-url http://localhost:8081/simple/ PACKAGE',
                `manage-index token USER --projects PATTERN --expires 90d --token-keys ${keys}`,
                'uv publish --publish-url http://localhost:8081/legacy/ --username __token__ dist/*',
            ],
        ],
        [
            'for uploads, beside passwords',
            { ...upload, ...passwords },
            [
                'pip install --index-url http://localhost:8081/simple/ PACKAGE',
                'uv publish --publish-url http://localhost:8081/legacy/ --username USER dist/*',
            ],
        ],
        [
            'of jobs',
            { ...upload, ...trustedPublishing, only: 'upload', serverName: ['*.internal', 'pypi.example.com'] },
            // uv exchanges over https, whatever the URL.
            ['uv publish --trusted-publishing always --publish-url https://pypi.example.com/legacy/ dist/*'],
        ],
        [
            'of jobs, with TLS',
            { ...upload, ...trustedPublishing, ...tls, only: 'upload', serverName: ['pypi.example.com'] },
            ['uv publish --trusted-publishing always --publish-url https://pypi.example.com:8081/legacy/ dist/*'],
        ],
        [
            'of jobs, beside passwords',
            { ...upload, ...passwords, ...trustedPublishing, only: 'upload' },
            [
                'uv publish --publish-url http://localhost:8081/legacy/ --username USER dist/*',
                'uv publish --trusted-publishing always --publish-url https://HOST/legacy/ dist/*',
            ],
        ],
    ])('%s', (_name, options, commands) => expect(users({ ...standalone, ...options })).toEqual(commands))

    test('Docker: the files of the keys and of revoked tokens are mounted', () => {
        const words = wordsOf(steps({ ...read, revokedTokens: '/srv/revoked' }), 'docker run')
        expect(words).toEqual(expect.arrayContaining([`${keys}:${keys}:ro`, '/srv/revoked:/srv/revoked:ro']))
        expect(words).not.toContain('PYPI_TOKEN_KEYS')
    })

    test('Docker: keys in the environment are passed by name, also by Compose', () => {
        const text = steps({ ...read, tokenKeys: 'env' })
        expect(text).toMatch(/^With the credentials .*, and the keys of tokens in PYPI_TOKEN_KEYS:$/m)
        const words = wordsOf(text, 'docker run')
        expect(words[words.indexOf('PYPI_TOKEN_KEYS') - 1]).toBe('-e')
        expect(text).toContain('docker compose up')
        expect(steps({})).not.toContain('PYPI_TOKEN_KEYS')
    })

    test.each<[Partial<ConfigOptions>, string[]]>([
        [{ ...read, tokenKeys: 'env' }, ['AWS_ACCESS_KEY_ID=AKIA', 'PYPI_TOKEN_KEYS=first second==']],
        [{ ...read, tokenKeys: 'env', credentials: 'ec2' }, ['PYPI_TOKEN_KEYS=first second==']],
        [read, ['AWS_ACCESS_KEY_ID=AKIA']],
        [{}, ['AWS_ACCESS_KEY_ID=AKIA']],
    ])("Debian: systemd's file has the keys of the environment, with %j", (options, lines) => {
        const text = steps({ target: 'debian', nginxVersion: '1.26.3', ...options })
        const command = /^ {2}\(umask 077 && (.*) > \/etc\/nginx-s3-pypi\.env\)$/m.exec(text)![1]!
        const env = {
            ...{ PATH: '/usr/bin:/bin', AWS_ACCESS_KEY_ID: 'AKIA', PYPI_TOKEN_KEYS: 'first second==' },
            ...{ NOT_PYPI_TOKEN_KEYS: 'no', PYPI_TOKEN_KEYS_OLD: 'no' },
        }
        const written = execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8', env })
        expect(written.split('\n').filter(Boolean).sort()).toEqual(lines)
        expect(text).toContain('EnvironmentFile=/etc/nginx-s3-pypi.env')
    })

    test('Debian: without variables there is no file', () => {
        const text = steps({ target: 'debian', nginxVersion: '1.26.3', ...read, credentials: 'ec2' })
        expect(text).not.toContain('nginx-s3-pypi.env')
    })
})

test('an nginx of its own starts from the folder', () => {
    const options: Partial<ConfigOptions> = { target: 'standalone', listen: ['8081'] }
    const words = wordsOf(steps(options, '/srv/é&(x)'), 'nginx')
    expect(words).toEqual([
        'nginx',
        ...['-p', '/srv/é&(x)'],
        ...['-c', '/srv/é&(x)/nginx.conf'],
        '-e',
        'stderr',
        '-g',
        'daemon off;',
    ])
})

test.each(['docker', 'debian', 'standalone'] as const)('no step for %s holds a secret', (target) => {
    const text = steps({ target })
    expect(text).toContain('AWS_SECRET_ACCESS_KEY')
    expect(text).not.toMatch(/AWS_SECRET_ACCESS_KEY=(?!\.\.\.)/)
})
