// Report: review of November 2026 (L7). README's lines, run one after the other in one folder, ended in an index without a
// password, without TLS and without the fallback, and `site.conf: changed` was all that was said.
// Right: the folder remembers its options, a run says what it adds and removes, and nothing that protects is dropped unless it
// is said so.

import { execFileSync } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { runProgram } from '../support/programs/run-program.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

const folder = 'nginx-s3-pypi'
const tls = ['--tls-cert', '/etc/c.pem', '--tls-key', '/etc/k.pem']
const everything = [
    '--fallback',
    '--private',
    'acme-*',
    'b',
    '--htpasswd',
    '/etc/h',
    '--allow',
    '10.0.0.0/8',
    ...tls,
    '--client-ca',
    '/etc/ca.pem',
]

let cwd: string
beforeEach(async () => {
    cwd = await temporaryFolder()
})

const generate = (...words: string[]) => runProgram('generate-config', words, { cwd })
const site = () => readFile(path.join(cwd, folder, 'site.conf'), 'utf8')

test("README's lines in one folder make one index with all of it", async () => {
    const readme = await readFile('README.md', 'utf8')
    const lines = [...readme.matchAll(/^generate-config (--from(?:.*\\\n)*.*)$/gm)].map(([, words]) => words!)
    expect(lines).toHaveLength(4)
    for (const line of ['--bucket my-pypi', ...lines]) {
        const words = execFileSync('/bin/sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' })
            .trim()
            .split('\n')
        expect(await generate(...words)).toMatchObject({ status: 0 })
    }
    const rendered = await site()
    for (const part of [
        'auth_basic_user_file',
        'ssl_certificate ',
        'return 302 https://pypi.org',
        'proxy_cache_path',
        '/upload.conf',
        '~^acme-',
    ]) {
        expect(rendered).toContain(part)
    }
})

describe('a run with fewer options', () => {
    test.each([
        ['--htpasswd', '--no-htpasswd'],
        ['--allow', '--no-allow'],
        ['--tls-cert', '--no-tls'],
        ['--client-ca', '--no-client-ca'],
        ['--private', '--no-private'],
        ['--fallback', '--no-fallback'],
    ])('without %s is refused, %s drops it', async (option, no) => {
        await generate('--bucket', 'my-pypi', ...everything)
        const before = await site()
        const refused = await generate('--bucket', 'my-pypi')
        expect(refused).toMatchObject({ status: 1, stdout: '' })
        expect(refused.stderr).toContain(option)
        expect(refused.stderr).toContain(no)
        expect(await site()).toBe(before)

        const dropped = await generate('--from', folder, no)
        expect(dropped).toMatchObject({ status: 0 })
        expect(dropped.stdout).toContain(`option - ${option}`)
        expect(await readFile(path.join(cwd, folder, 'generate-config.options'), 'utf8')).not.toContain(`${option} `)
    })

    test('one private name of several counts, and --force drops all', async () => {
        await generate('--bucket', 'my-pypi', ...everything)
        const fewer = everything.filter((word) => word !== 'b')
        const refused = await generate('--bucket', 'my-pypi', ...fewer)
        expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('--private b')])
        const forced = await generate('--bucket', 'my-pypi', '--force')
        expect(forced.status).toBe(0)
        expect(forced.stdout).toContain('option - --htpasswd /etc/h')
        expect(await site()).not.toContain('auth_basic_user_file')
    })

    test('what protects nothing may go, and is said', async () => {
        await generate('--bucket', 'my-pypi', '--cache', '/var/cache/x', '--max-connections', '5')
        const { status, stdout } = await generate(
            '--bucket',
            'my-pypi',
            '--max-connections',
            '6',
            '--stale',
            '--cache',
            '/y',
        )
        expect(status).toBe(0)
        expect(stdout).toContain('option + --stale\n')
        expect(stdout).toContain('option ~ --cache /var/cache/x -> /y\noption ~ --max-connections 5 -> 6\n')
    })

    test.each([false, true])('of a folder of before there was a file of options, long: %s', async (long) => {
        const names = long ? Array.from({ length: 600 }, (_, number) => `name-${number}-*`) : []
        await generate('--bucket', 'my-pypi', ...everything.slice(0, 4), ...names, ...everything.slice(4))
        await rm(path.join(cwd, folder, 'generate-config.options'))
        const refused = await generate('--bucket', 'my-pypi')
        expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('--htpasswd /etc/h')])
        expect(await generate('--from', folder)).toMatchObject({ status: 0 })
        expect(await site()).toContain('ssl_client_certificate')
    })
})

test('a person edits the file; what is wrong in it is named with its line', async () => {
    await generate('--bucket', 'my-pypi', '--fallback')
    const file = path.join(cwd, folder, 'generate-config.options')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text + '\n# our proxy\n--max-connections   77\n')
    const edited = await generate('--from', folder)
    expect(edited.status).toBe(0)
    expect(await site()).toContain('pypi_clients 77;')
    for (const [line, message] of [
        ['max-connections 7', /line 8: "max-connections 7" does not begin with an option/],
        ['--nonsense 7', /generate-config\.options: error: unknown option '--nonsense'/],
        ['--js-engine v8', /argument 'v8' is invalid/],
    ] as const) {
        await writeFile(file, `${text}\n\n\n${line}\n`)
        const { status, stderr } = await generate('--from', folder)
        expect([status, stderr]).toEqual([1, expect.stringMatching(message)])
    }
    expect((await generate('--from', 'no-such-folder')).status).toBe(1)
})
