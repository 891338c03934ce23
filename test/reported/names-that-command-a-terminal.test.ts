// Report: review of November 2026 (S11, U12). A key with ESC in it reached the terminal as it was; one with a line break and
// `::error::` was a command for GitHub's runner. `--dry-run` said "uploaded", a verify without problems said nothing, and it
// was "1 projects, 1 files".
// Right: one step before each output makes text harmless; words say what happened.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { printable } from '../../scripts/cli/output.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { environmentOf, newBucket } from '../support/s3/test-bucket.js'
import { wheelFile } from '../support/distributions/distributions.js'

test.each([
    ['\u001b[31mred', '\\u001b[31mred'],
    ['a\rb\u0007\u007f\u009b1m', 'a\\u000db\\u0007\\u007f\\u009b1m'],
    ['gpj\u202egnp.exe', 'gpj\\u202egnp.exe'],
    ['a\u2028b\u2029c\ufeff', 'a\\u2028b\\u2029c\\ufeff'],
    ['half \ud83d, whole \u{1f40d}', 'half \\ud83d, whole \u{1f40d}'],
    ['x\n::error::y', 'x\n\\u003a:error::y'],
    ['  ::add-mask::y', '  \\u003a:add-mask::y'],
    ['a ##[error]b ##vso[task.setvariable]c', 'a \\u0023#[error]b \\u0023#vso[task.setvariable]c'],
    ['acme::mod tab\tline\nnext: é 日本', 'acme::mod tab\tline\nnext: é 日本'],
])('%j is printed as %j', (text, printed) => {
    expect(printable(text)).toBe(printed)
})

test('JSON stays the same JSON', () => {
    const value = { a: '::error:: \u009b \u202e ##[x] \ud83d \u001b\n::y' }
    const text = printable(JSON.stringify(value, null, 2))
    expect(JSON.parse(text)).toEqual(value)
    expect(text).not.toMatch(/[\u0080-\u009f\u202e]|##\[/)
})

let s3: S3Server
beforeAll(async () => void (s3 = await startS3('embedded')))
afterAll(() => s3.close())

const run = (program: 'publish-package' | 'manage-index', ...words: string[]) =>
    runProgram(program, words, { environment: environmentOf(s3) })

test('what is in a bucket commands nothing, and what is said is what happened', async () => {
    const bucket = await newBucket(s3)
    const wheel = await wheelFile({ name: 'acme', version: '1.0' })
    const plan = await run('publish-package', bucket.name, wheel, '--dry-run')
    expect(plan.stdout).toMatch(/^acme 1\.0: acme-1\.0-py3-none-any\.whl \(.*\) would be uploaded\n$/)
    expect((await run('publish-package', bucket.name, wheel)).stdout).toMatch(/ uploaded\n$/)
    expect((await run('publish-package', bucket.name, wheel, '--dry-run')).stdout).toMatch(/ present\n$/)
    expect((await run('manage-index', 'verify', bucket.name)).stdout).toBe('1 project, 1 file: no problems\n')
    expect((await run('manage-index', 'rebuild', bucket.name)).stdout).toBe('1 project, 1 file\n')

    const plain = { contentType: 'text/plain', cacheControl: 'no-cache' }
    for (const key of ['acme/\u001b[2Jx', 'acme/a\n::error::stop', 'acme/\u202ex', 'x\u009by/z']) {
        await bucket.write(key, Buffer.from('x'), plain)
    }
    for (const words of [['verify'], ['verify', '--json'], ['rebuild']]) {
        const { stdout, stderr } = await run('manage-index', words[0]!, bucket.name, ...words.slice(1))
        expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]|^\s*::/m)
        expect(stdout).toContain('::error::stop')
    }
})

test.each([['yank', 'my-pypi', 'acme'], ['remove', '--nonsense'], ['status', 'my-pypi'], ['token']])(
    'a wrong use of %s points at its own help',
    async (...words) => {
        const { status, stderr } = await run('manage-index', ...words)
        expect(status).toBe(2)
        expect(stderr).toContain(`Try: manage-index ${words[0]} --help`)
    },
)
