import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { nextSteps } from '../../scripts/next-steps/next-steps.js'
import { settingsFrom } from '../../scripts/config/settings.js'
import type { ConfigOptions } from '../../scripts/config/option-table.js'
import { trustedPublishing } from '../support/variants/config-variants.js'

function steps(options: Partial<ConfigOptions> = {}, folder = 'nginx-s3-pypi'): string {
    return nextSteps(
        settingsFrom({ bucket: 'my-pypi', target: 'kubernetes', ...options }, () => []),
        folder,
    )
}

/** What the commands of the steps call kubectl with, and what each call has on its standard input. */
function calls(text: string, environment: Record<string, string> = {}): { words: string[]; input: string }[] {
    const commands = text.match(/^ {2}.*$/gm)!.join('\n')
    const kubectl = `kubectl() { /usr/bin/printf '%s\\0' "$@"; test -t 0 || /bin/cat; /usr/bin/printf '\\1'; }\n`
    const output = execFileSync('/bin/sh', ['-euc', kubectl + commands], {
        ...{ encoding: 'utf8', cwd: '/', input: '', env: { PATH: '/usr/bin:/bin', ...environment } },
    })
    const called = output.split('\x01').slice(0, -1)
    return called.map((call) => ({ words: call.split('\0').slice(0, -1), input: call.split('\0').at(-1)! }))
}

const tls = { tlsCert: '/etc/nginx/secrets/cert.pem', tlsKey: '/etc/nginx/secrets/key.pem' }

test('the Secret gets the credentials of the environment, which no command line holds', () => {
    const environment = {
        AWS_ACCESS_KEY_ID: 'AKIA',
        AWS_SECRET_ACCESS_KEY: 'a=b/c+d $e"',
        AWS_SESSION_TOKEN: 'token==',
        AWS_REGION: 'no',
        NOT_AWS_SECRET_ACCESS_KEY: 'no',
    }
    const [secret, ...others] = calls(steps(), environment)
    expect(secret!.words).toEqual(['create', 'secret', 'generic', 'nginx-s3-pypi', '--from-env-file=/dev/stdin'])
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token } = environment
    expect(secret!.input.split('\n').filter(Boolean).sort()).toEqual([
        `AWS_ACCESS_KEY_ID=${id}`,
        `AWS_SECRET_ACCESS_KEY=${key}`,
        `AWS_SESSION_TOKEN=${token}`,
    ])
    expect(others.map(({ words }) => words)).toEqual([
        ['apply', '-k', './nginx-s3-pypi'],
        ['rollout', 'status', 'deployment/nginx-s3-pypi'],
    ])
})

test.each(['my index', "it's", '$HOME', '`id`', 'é日本', 'a+b%20~', 'x'.repeat(200)])(
    'applies the folder %j',
    (folder) => {
        expect(calls(steps({}, folder))[1]!.words).toEqual(['apply', '-k', `./${folder}`])
        expect(calls(steps({}, `/srv/${folder}`))[1]!.words).toEqual(['apply', '-k', `/srv/${folder}`])
    },
)

test('of credentials in files, only what has a file', () => {
    const environment = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' }
    const [secret] = calls(steps({ credentials: 'file' }), environment)
    expect(secret!.input.split('\n').filter(Boolean).sort()).toEqual([
        'AWS_ACCESS_KEY_ID=AKIA',
        'AWS_SECRET_ACCESS_KEY=s',
    ])
})

test.each(['eks', 'ec2', 'auto'] as const)('%s needs no Secret', (credentials) => {
    expect(calls(steps({ credentials })).map(({ words }) => words[0])).toEqual(['apply', 'rollout'])
    expect(steps({ credentials })).toMatch(/^Now, and whenever/)
})

describe('files that options name', () => {
    test.each<[options: Partial<ConfigOptions>, secrets: string[][]]>([
        [{}, []],
        [tls, [['tls', 'nginx-s3-pypi-tls', '--cert=./cert.pem', '--key=./key.pem']]],
        [{ ...tls, tlsKey: tls.tlsCert }, [['tls', 'nginx-s3-pypi-tls', '--cert=./cert.pem', '--key=./cert.pem']]],
        [
            { htpasswd: '/etc/nginx/secrets/é&users', caBundle: '/etc/nginx/secrets/ca.pem' },
            [
                [
                    ...['generic', 'nginx-s3-pypi-files'],
                    ...['--from-file=htpasswd=./é&users', '--from-file=ca.crt=./ca.pem'],
                ],
            ],
        ],
    ])('%j', (options, secrets) => {
        const made = calls(steps(options)).filter(({ words }) => words[1] === 'secret')
        expect(made.slice(1).map(({ words }) => words.slice(2))).toEqual(secrets)
    })
})

describe('uploads', () => {
    const upload = { upload: true, uploadHtpasswd: '/etc/nginx/secrets/uploaders' } as const

    test('beside reading: one Secret for each, and both commands', () => {
        const made = calls(steps(upload)).filter(({ words }) => words[1] === 'secret')
        expect(made.map(({ words }) => words.slice(2))).toEqual([
            ['generic', 'nginx-s3-pypi', '--from-env-file=/dev/stdin'],
            ['generic', 'nginx-s3-pypi-files', '--from-file=upload-htpasswd=./uploaders'],
        ])
        expect(steps(upload)).toContain('pip install --index-url http://nginx-s3-pypi.NAMESPACE.svc/simple/ PACKAGE\n')
        expect(steps(upload)).toContain('--publish-url http://nginx-s3-pypi.NAMESPACE.svc/legacy/ --username USER')
    })

    test('alone: Secrets of its own, and no command that reads', () => {
        const said = steps({ ...upload, only: 'upload' }, 'uploading')
        expect(calls(said).map(({ words }) => words)).toEqual([
            ['create', 'secret', 'generic', 'nginx-s3-pypi-upload', '--from-env-file=/dev/stdin'],
            [
                ...['create', 'secret', 'generic', 'nginx-s3-pypi-upload-files'],
                '--from-file=upload-htpasswd=./uploaders',
            ],
            ['apply', '--server-side', '-k', './uploading'],
            ['rollout', 'status', 'deployment/nginx-s3-pypi-upload'],
        ])
        expect(said).toContain('http://nginx-s3-pypi-upload.NAMESPACE.svc/legacy/ --username USER dist/*')
        expect(said).not.toContain('pip install')
    })
})

describe('tokens', () => {
    const keys = { tokenKeys: '/etc/nginx/secrets/keys', revokedTokens: '/etc/nginx/secrets/revoked' }

    test('one Secret for the files, from which this machine also makes tokens', () => {
        const text = steps({ ...keys, readTokens: true })
        const made = calls(text).filter(({ words }) => words[1] === 'secret')
        expect(made.at(-1)!.words.slice(2)).toEqual([
            ...['generic', 'nginx-s3-pypi-files', '--from-file=token-keys=./keys'],
            '--from-file=revoked-tokens=./revoked',
        ])
        expect(text).toContain(
            'Here: manage-index token USER --read --expires 30d --token-keys ./keys\n' +
                'In the cluster: pip install --index-url http://__token__:TOKEN@nginx-s3-pypi.NAMESPACE.svc/simple/ PACKAGE\n',
        )
    })

    test('of jobs: nobody makes one', () => {
        const text = steps({ ...keys, upload: true, ...trustedPublishing, only: 'upload' })
        expect(text).not.toContain('manage-index token')
        expect(text).toContain(
            'In a CI job: uv publish --trusted-publishing always --publish-url https://HOST/legacy/ dist/*\n',
        )
    })
})

test('the index has the name of the Service, or of its certificate', () => {
    expect(steps()).toContain(' http://nginx-s3-pypi.NAMESPACE.svc/simple/ PACKAGE')
    expect(steps()).toContain('kubectl port-forward service/nginx-s3-pypi 8080:80\n')
    expect(steps(tls)).toContain(' https://nginx-s3-pypi.NAMESPACE.svc/simple/ PACKAGE')
    expect(steps({ ...tls, serverName: ['pypi.example.com'] })).toContain(' https://pypi.example.com/simple/ PACKAGE')
    expect(steps(tls)).toContain('8080:443\n')
})
