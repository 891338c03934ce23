import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { describeWhere, missingNpmRegistry } from '../support/machine/requirements.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

/** What `npm run install-programs` installs, unpacked; the dependencies are those of this checkout. */
let installed: string
let tarball: string
let bin: Record<string, string>

beforeAll(async () => {
    const folder = await temporaryFolder()
    const words = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]
    const name = execFileSync('npm', words, { encoding: 'utf8' }).trim().split('\n').at(-1)!
    tarball = path.join(folder, name)
    execFileSync('tar', ['-xzf', tarball, '-C', folder])
    installed = path.join(folder, 'package')
    symlinkSync(path.resolve('node_modules'), path.join(installed, 'node_modules'))
    bin = (JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8')) as { bin: typeof bin }).bin
})

const run = async (program: string, ...words: string[]) =>
    execFileSync(process.execPath, [path.join(installed, bin[program]!), ...words], {
        cwd: await temporaryFolder(),
        encoding: 'utf8',
    })

test.each(['generate-config', 'publish-package', 'manage-index'])('%s runs without the checkout', async (program) => {
    expect(await run(program, '--help')).toContain(`Usage: ${program}`)
})

describeWhere('npm install of the package', missingNpmRegistry('commander'), () => {
    test(
        'into an empty folder: its programs run, with production dependencies only',
        { timeout: 240_000 },
        async () => {
            const folder = await temporaryFolder()
            const options = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
            execFileSync('npm', ['install', ...options, tarball], {
                cwd: folder,
                stdio: ['ignore', 'ignore', 'inherit'],
            })
            for (const program of Object.keys(bin)) {
                const words = [path.join('node_modules/.bin', program), '--help']
                const help = execFileSync(process.execPath, words, { cwd: folder, encoding: 'utf8' })
                expect(help).toContain(`Usage: ${program}`)
            }
            expect(existsSync(path.join(folder, 'node_modules/commander'))).toBe(true)
            expect(existsSync(path.join(folder, 'node_modules/vitest'))).toBe(false)
        },
    )
})

test('generate-config has all that it writes', async () => {
    const written = await run('generate-config', '--bucket', 'my-pypi', '--credentials', 'ecs')
    for (const name of [
        'site.conf',
        'maps.conf',
        'locations.conf',
        'nginx-s3-pypi.js',
        'missing-page.js',
        'listed-page.js',
        'bucket-health.js',
        'refresh-credentials.js',
    ]) {
        expect(written).toContain(`nginx-s3-pypi/${name}: new\n`)
    }
})

test('holds the modules that its programs import, and no other', () => {
    const imported = new Set<string>()
    const visit = (file: string) => {
        if (imported.has(file)) return
        imported.add(file)
        const text = readFileSync(path.join(installed, file), 'utf8')
        for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
            visit(path.join(path.dirname(file), specifier!))
        }
    }
    for (const program of Object.values(bin)) visit(program)
    // The scripts of nginx in dist/ are copied, not imported.
    const packed = ['core', 'njs', 'scripts'].flatMap((folder) => modulesIn(`dist/${folder}`))
    expect(packed.sort()).toEqual([...imported].sort())
    // The twin: the checkout has more.
    expect(existsSync('dist/scripts/start.js')).toBe(true)
    expect(imported).not.toContain('dist/scripts/start.js')
})

function modulesIn(folder: string): string[] {
    const names = readdirSync(path.join(installed, folder), { recursive: true, encoding: 'utf8' })
    const modules = names.filter((name) => name.endsWith('.js')).map((name) => path.join(folder, name))
    // dist/ may hold what was built from sources that are gone; a release is built anew.
    return modules.filter((file) => existsSync(file.replace(/^dist\/(.*)\.js$/, '$1.ts')))
}
