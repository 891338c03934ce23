import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runProgram, type Outcome } from '../support/programs/run-program.js'

let cwd: string

beforeEach(async () => {
    cwd = await mkdtemp(path.join(tmpdir(), 'generate-config-'))
})
afterEach(() => rm(cwd, { recursive: true }))

const generate = (...words: string[]): Promise<Outcome> => runProgram('generate-config', words, { cwd })

describe('wrong usage: exit status 2, a line on stderr with the cure, and nothing is written', () => {
    test.each<[words: string[], message: RegExp]>([
        [[], /required option '--bucket <name>' not specified\nTry: generate-config --help\n$/],
        [['--bucket'], /option '--bucket <name>' argument missing/],
        [['--bucket', 'my-pypi', '--verbose'], /unknown option '--verbose'/],
        [['--bucket', 'my-pypi', 'my-pypi'], /too many arguments/],
        [
            ['--bucket', 'my-pypi', '--target', 'podman'],
            /'podman' is invalid. Allowed choices are docker, kubernetes, debian/,
        ],
        [['--bucket', 'my-pypi', '--signature', 'v3'], /'v3' is invalid. Allowed choices are v4, v2/],
        [['--bucket', 'My_Pypi'], /^generate-config: "My_Pypi" cannot be the name of a bucket: .*\n {2}Bucket names: /],
        [['--bucket', ''], /"" cannot be the name of a bucket: it has 0 characters/],
        [['--bucket', 'my-pypi', '--region', 'x\n'], /"x\\n" is not a region\n {2}Write it as AWS does/],
        [['--bucket', 'my-pypi', '--endpoint-url', 'http://s3/b'], /has a path: .*\n {2}Write https:\/\/HOST/],
        [
            ['--bucket', 'my-pypi', '--listen', '80', '127.0.0.1'],
            /"127.0.0.1" is not an address to listen on\n {2}Write/,
        ],
        [['--bucket', 'my-pypi', '--resolver', 'off', '::1'], /"off" is not a DNS server/],
        [['--bucket', 'my-pypi', '--ca-bundle', 'ca.pem'], /cannot use the path "ca.pem"\n {2}Use an absolute/],
        [['--bucket', 'my-pypi', '--out', ''], /--out names no folder\n {2}Leave it out/],
        [['--bucket', 'my-pypi', '--target', 'standalone', '--out', 'a b', '--resolver', '::1'], /cannot use the path/],
    ])('%j', async (words, message) => {
        const outcome = await generate(...words)
        expect(outcome).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(message) })
        expect(outcome.stderr).not.toMatch(/\n\s+at /)
        expect(await readdir(cwd)).toEqual([])
    })

    test('credentials in an endpoint are not shown', async () => {
        const { status, stderr } = await generate('--bucket', 'my-pypi', '--endpoint-url', 'https://AKID:hush@s3')
        expect(status).toBe(2)
        expect(stderr).toContain('the endpoint holds credentials, which belong in the environment')
        expect(stderr).not.toMatch(/AKID|hush/)
    })
})

test('--help has examples, and --version the version', async () => {
    const help = await generate('--help')
    expect(help).toMatchObject({ status: 0, stderr: '' })
    expect(help.stdout).toMatch(/^Usage: generate-config .*\nExamples:\n {2}generate-config --bucket my-pypi/s)
    expect(await generate('--version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
    expect(await readdir(cwd)).toEqual([])
})
