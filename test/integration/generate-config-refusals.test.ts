import { existsSync } from 'node:fs'
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runProgram, type Outcome } from '../support/programs/run-program.js'

let cwd: string

beforeEach(async () => {
    cwd = await mkdtemp(path.join(tmpdir(), 'generate-config-'))
})
afterEach(() => rm(cwd, { recursive: true }))

const generate = (...words: string[]): Promise<Outcome> =>
    runProgram('generate-config', ['--bucket', 'my-pypi', ...words], { cwd })

const read = (name: string) => readFile(path.join(cwd, 'nginx-s3-pypi', name), 'utf8')

describe('a file that was edited by hand', () => {
    beforeEach(async () => {
        await generate()
        await appendFile(path.join(cwd, 'nginx-s3-pypi/site.conf'), '# by hand: é\n')
    })

    test('is not overwritten: the difference is shown, and no other file is written', async () => {
        const before = await read('env.conf')
        const { status, stdout, stderr } = await generate('--region', 'eu-west-3')
        expect([status, stdout]).toEqual([1, ''])
        expect(stderr).toMatch(
            /^generate-config: nginx-s3-pypi\/site.conf was not made by this program or was edited since/,
        )
        expect(stderr).toContain('--force overwrites it; --out names another folder')
        expect(stderr).toMatch(/^ *-# by hand: é$/m)
        expect(stderr).toMatch(/^ *\+# Made by: generate-config .*--region eu-west-3$/m)
        expect(await read('site.conf')).toMatch(/# by hand: é\n$/)
        expect(await read('locations.conf')).toContain('us-east-1')
        expect(await read('env.conf')).toBe(before)
    })

    test('is not overwritten with the same options either', async () => {
        expect((await generate()).status).toBe(1)
        expect(await read('site.conf')).toContain('# by hand')
    })

    test('is overwritten with --force', async () => {
        expect(await generate('--force')).toMatchObject({ status: 0, stderr: '' })
        expect(await read('site.conf')).not.toContain('# by hand')
        expect(await generate()).toMatchObject({ status: 0 })
    })

    test('is shown by --dry-run and told by --json', async () => {
        expect(await generate('--dry-run')).toMatchObject({
            status: 0,
            stdout: expect.stringMatching(/^-# by hand: é$/m),
        })
        const { files } = JSON.parse((await generate('--dry-run', '--json')).stdout) as {
            files: { name: string; edited: boolean }[]
        }
        expect(files.filter(({ edited }) => edited).map(({ name }) => name)).toEqual(['site.conf'])
        expect(await read('site.conf')).toContain('# by hand')
    })

    test('is left alone in a folder that is not the one named', async () => {
        expect(await generate('--out', 'other')).toMatchObject({ status: 0 })
        expect(await read('site.conf')).toContain('# by hand')
    })
})

test.each(['env.conf', 'nginx-s3-pypi.js'])("somebody else's %s is not overwritten", async (name) => {
    await mkdir(path.join(cwd, 'nginx-s3-pypi'))
    await writeFile(path.join(cwd, 'nginx-s3-pypi', name), 'mine\n')
    const { status, stderr } = await generate()
    expect([status, stderr]).toEqual([1, expect.stringContaining(`nginx-s3-pypi/${name} was not made by this program`)])
    expect(await readdir(path.join(cwd, 'nginx-s3-pypi'))).toEqual([name])
    expect(await read(name)).toBe('mine\n')
})

describe('a folder that cannot be used: exit status 1, one line, and the cure', () => {
    const refused = (what: RegExp) => ({ status: 1, stdout: '', stderr: expect.stringMatching(what) })

    test('it is a file', async () => {
        await writeFile(path.join(cwd, 'taken'), 'mine\n')
        expect(await generate('--out', 'taken')).toEqual(
            refused(/^generate-config: taken\S* cannot be used: .*file.*\n {2}Name/),
        )
        expect(await readFile(path.join(cwd, 'taken'), 'utf8')).toBe('mine\n')
    })

    test('it is below a file', async () => {
        await writeFile(path.join(cwd, 'taken'), 'mine\n')
        expect(await generate('--out', 'taken/index')).toEqual(refused(/taken\S* cannot be used: .*file.*\n {2}Name/))
    })

    test('a file to write is a folder', async () => {
        await mkdir(path.join(cwd, 'nginx-s3-pypi/site.conf'), { recursive: true })
        expect(await generate()).toEqual(
            refused(/nginx-s3-pypi\/site.conf cannot be used: it is a folder, not a file\n {2}Move/),
        )
        expect(await readdir(path.join(cwd, 'nginx-s3-pypi'))).toEqual(['site.conf'])
    })

    test('it is a symbolic link to nowhere', async () => {
        await symlink('nowhere/at/all', path.join(cwd, 'link'))
        expect(await generate('--out', 'link')).toEqual(refused(/link\S* cannot be used: .*\n {2}\w/))
    })

    test('its name is too long', async () => {
        expect(await generate('--out', 'x'.repeat(300))).toEqual(
            refused(/cannot be used: its name is too long\n {2}Name/),
        )
    })

    test('it is a symbolic link to itself', async () => {
        await symlink('circle', path.join(cwd, 'circle'))
        expect(await generate('--out', 'circle')).toEqual(refused(/circle\S* cannot be used: .*loop\n {2}Name/))
    })

    // A bare chroot has an ordinary, writable folder there.
    test.skipIf(!existsSync('/sys/kernel'))('the kernel does not let anybody write there', async () => {
        expect(await generate('--out', '/sys/nginx-s3-pypi')).toEqual(
            refused(/^generate-config: \/sys\/nginx-s3-pypi\S* cannot be used: .*\n {2}Name/),
        )
    })

    test('there is no permission to write into it', async () => {
        await mkdir(path.join(cwd, 'locked'))
        await chmod(path.join(cwd, 'locked'), 0o555)
        // Root may write everywhere, unless it is without this capability.
        const through = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override'] : []
        for (const out of ['locked', 'locked/index']) {
            const words = ['--bucket', 'my-pypi', '--out', out]
            const outcome = await runProgram('generate-config', words, { cwd, through })
            expect(outcome).toEqual(
                refused(/^generate-config: locked\S* cannot be used: permission denied\n {2}Name a folder that you/),
            )
        }
        expect(await readdir(path.join(cwd, 'locked'))).toEqual([])
        await chmod(path.join(cwd, 'locked'), 0o755)
        const outcome = await runProgram('generate-config', ['--bucket', 'my-pypi', '--out', 'locked'], {
            cwd,
            through,
        })
        expect(outcome.status).toBe(0)
    })
})
