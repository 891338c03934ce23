import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { builtProgram, runProgram, type Outcome } from '../support/programs/run-program.js'

let cwd: string

beforeEach(async () => {
    cwd = await mkdtemp(path.join(tmpdir(), 'generate-config-'))
})
afterEach(() => rm(cwd, { recursive: true }))

const generate = (...words: string[]): Promise<Outcome> => runProgram('generate-config', words, { cwd })

/** The files of a folder by name. */
async function filesIn(folder: string): Promise<Record<string, string>> {
    const names = (await readdir(path.join(cwd, folder))).sort()
    const contents = names.map((name) => readFile(path.join(cwd, folder, name), 'utf8'))
    return Object.fromEntries((await Promise.all(contents)).map((content, index) => [names[index]!, content]))
}

/** What the folder for a container holds. */
const inContainer = [
    'bucket-health.js',
    'env.conf',
    'generate-config.options',
    'listed-page.js',
    'locations.conf',
    'maps.conf',
    'metrics.js',
    'missing-page.js',
    'nginx-s3-pypi.js',
    'nginx.conf',
    'site.conf',
    'web-app.js',
    'web-icon.svg',
    'web-index.html',
    'web-markdown.js',
    'web-project.html',
    'web-style.css',
    'web-version.html',
]

describe('success', () => {
    test.each<[words: string[], folder: string, files: string[]]>([
        [[], 'nginx-s3-pypi', inContainer],
        [['--out', 'a/b/c'], 'a/b/c', inContainer],
        [['--out', "my é'日本 $x+%25~"], "my é'日本 $x+%25~", inContainer],
        [['--out', 'x'.repeat(200)], 'x'.repeat(200), inContainer],
        [
            ['--target', 'debian', '--resolver', '::1'],
            'nginx-s3-pypi',
            inContainer.filter((name) => name !== 'bucket-health.js' && name !== 'nginx.conf'),
        ],
        [['--target', 'standalone', '--resolver', '::1'], 'nginx-s3-pypi', inContainer.slice(1)],
    ])('%j writes one folder and says what is next', async (words, folder, files) => {
        const { status, stdout, stderr } = await generate('--bucket', 'my-pypi', ...words)
        expect([status, stderr]).toEqual([0, ''])
        for (const name of files) expect(stdout).toContain(`${folder}/${name}: new\n`)
        expect(stdout).toContain('pip install --index-url')
        expect(await readdir(cwd)).toHaveLength(1)
        expect(Object.keys(await filesIn(folder))).toEqual(files)
    })

    test('a second run changes nothing, and says so', async () => {
        await generate('--bucket', 'my-pypi')
        const before = await stat(path.join(cwd, 'nginx-s3-pypi/site.conf'))
        const again = await generate('--bucket', 'my-pypi')
        expect(again.status).toBe(0)
        expect(again.stdout.match(/: unchanged\n/g)).toHaveLength(inContainer.length)
        expect(await stat(path.join(cwd, 'nginx-s3-pypi/site.conf'))).toMatchObject({
            ino: before.ino,
            mtimeMs: before.mtimeMs,
        })
    })

    test('other options change what they concern, without --force', async () => {
        await generate('--bucket', 'my-pypi', '--out', 'index')
        const { status, stdout } = await generate('--bucket', 'other-pypi', '--out', 'index')
        expect(status).toBe(0)
        expect(stdout).toContain('index/site.conf: changed\n')
        expect(stdout).toContain('index/nginx-s3-pypi.js: unchanged\n')
        expect((await filesIn('index'))['locations.conf']).toMatch(/set \$s3_place +"\S+ \S+ other-pypi virtual";/)
    })

    test('a symbolic link to a folder is that folder', async () => {
        await mkdir(path.join(cwd, 'real'))
        await symlink('real', path.join(cwd, 'link'))
        expect((await generate('--bucket', 'my-pypi', '--out', 'link')).status).toBe(0)
        expect(await readdir(path.join(cwd, 'real'))).toHaveLength(inContainer.length)
    })

    test.each<string[][]>([
        [[]],
        [
            [
                '--target',
                'debian',
                '--region',
                'eu-central-1',
                '--resolver',
                '10.0.0.2',
                '::1',
                '--listen',
                '80',
                '[::]:80',
            ],
        ],
        [
            [
                ...['--endpoint-url', 'http://s3.example.com:9000/', '--addressing', 'virtual', '--signature', 'v2'],
                ...['--prefix', 'team-a', '--server-name', '*.example.com', '--ca-bundle', '/etc/é&(1).pem'],
                ...['--nginx-version', '1.28.0', '--js-engine', 'qjs', '--resolver', 'off'],
            ],
        ],
        [
            [
                ...['--cache', '/var/cache/pypi', '--cache-size', '1G', '--page-ttl', '60', '--stale', '--fallback'],
                ...['--private', 'Acme_*', '*-internal', '--htpasswd', '/etc/é&(1)', '--allow', '10.0.0.0/8', '::1'],
                ...['--tls-cert', '/etc/tls.crt', '--tls-key', '/etc/tls.key', '--client-ca', '/etc/ca.crt'],
                ...['--http-listen', '8080', '--listen', '8443'],
            ],
        ],
        [['--fallback', 'https://mirror.example.com/simple']],
    ])('the command in the files makes the same files again: %j', async (words) => {
        await generate('--bucket', 'my-pypi', '--out', 'first', ...words)
        const files = await filesIn('first')
        const command = /^# Made by: generate-config (.*)$/m.exec(files['site.conf']!)![1]
        const script = `"$1" "$2" ${command} --out second`
        execFileSync('/bin/sh', ['-c', script, 'sh', process.execPath, builtProgram('generate-config')], { cwd })
        expect(await filesIn('second')).toEqual(files)
    })
})

test.each(['docker', 'debian', 'standalone'])(
    'no secret of the environment gets into a file for %s',
    async (target) => {
        const environment = {
            AWS_ACCESS_KEY_ID: 'AKIDHUSH',
            AWS_SECRET_ACCESS_KEY: 'hush/secret+key',
            AWS_SESSION_TOKEN: 'hush-token==',
            AWS_ACCESS_KEY: 'AKIDHUSHTOO',
            AWS_SECRET_KEY: 'hush-old-secret',
            AWS_S3_BUCKET: 'hush-bucket',
        }
        const words = ['--bucket', 'my-pypi', '--target', target, '--resolver', '::1']
        const { status, stdout } = await runProgram('generate-config', words, { cwd, environment })
        expect(status).toBe(0)
        expect(stdout + JSON.stringify(await filesIn('nginx-s3-pypi'))).not.toMatch(/hush/i)
    },
)

test('--print-iam-policy prints the policy and writes nothing', async () => {
    const words = ['--bucket', 'my-pypi', '--prefix', 'team-a', '--region', 'cn-north-1', '--print-iam-policy']
    const { status, stdout } = await generate(...words)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
        Statement: [{ Resource: 'arn:aws-cn:s3:::my-pypi/team-a/*' }, { Resource: 'arn:aws-cn:s3:::my-pypi' }],
    })
    expect(await readdir(cwd)).toEqual([])
})

describe('--dry-run and --json', () => {
    test('--dry-run shows what would be written', async () => {
        const { status, stdout } = await generate('--bucket', 'my-pypi', '--dry-run')
        expect(status).toBe(0)
        expect(stdout).toMatch(/^\+set \$s3_place +".* my-pypi virtual";$/m)
        expect(await readdir(cwd)).toEqual([])
    })

    test('--dry-run shows what would change in files that are there', async () => {
        await generate('--bucket', 'my-pypi')
        const before = await filesIn('nginx-s3-pypi')
        const { stdout } = await generate('--bucket', 'other-pypi', '--dry-run')
        expect(stdout).toMatch(/^-set \$s3_place +".* my-pypi virtual";\n\+set \$s3_place +".* other-pypi virtual";$/m)
        expect(stdout).toContain('nginx-s3-pypi.js: unchanged\n')
        expect(await filesIn('nginx-s3-pypi')).toEqual(before)
    })

    test.each([
        [[], true],
        [['--dry-run'], false],
    ])('--json %j', async (words, written) => {
        const { status, stdout } = await generate('--bucket', 'my-pypi', '--json', ...words)
        expect(status).toBe(0)
        const change = { status: 'new', edited: false, diff: expect.stringContaining('+# ') }
        expect(JSON.parse(stdout)).toEqual({
            out: 'nginx-s3-pypi',
            written,
            options: null,
            files: [
                { ...change, name: 'env.conf' },
                { ...change, name: 'site.conf' },
                { ...change, name: 'maps.conf' },
                { ...change, name: 'locations.conf' },
                { ...change, name: 'nginx.conf' },
                { ...change, name: 'nginx-s3-pypi.js', diff: expect.any(String) },
                { ...change, name: 'missing-page.js', diff: expect.any(String) },
                { ...change, name: 'listed-page.js', diff: expect.any(String) },
                { ...change, name: 'metrics.js', diff: expect.any(String) },
                { ...change, name: 'bucket-health.js', diff: expect.any(String) },
                ...['index.html', 'project.html', 'version.html', 'app.js', 'markdown.js', 'style.css', 'icon.svg'].map(
                    (name) => ({ ...change, name: `web-${name}`, diff: expect.any(String) }),
                ),
                { ...change, name: 'generate-config.options', diff: expect.any(String) },
            ],
        })
        expect(await readdir(cwd)).toEqual(written ? ['nginx-s3-pypi'] : [])
    })
})
