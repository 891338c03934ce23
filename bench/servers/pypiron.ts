import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { freePort } from '../../scripts/nginx/free-port.js'
import type { Contender } from './contender.js'
import { installPrograms } from './python-program.js'
import { startServer } from './server-process.js'

const version = '0.0.29'
const password = 'of-no-account'

/** https://github.com/blackthorn-interstellar/pypiron: a Rust program, in a wheel on PyPI, that serves a folder here. */
export const pypiron: Contender = {
    name: `pypiron ${version}`,
    async start({ folder, wheel, signal }) {
        const programs = await installPrograms([`pypiron==${version}`], signal)
        const port = await freePort()
        const url = `http://127.0.0.1:${port}`
        // Without a feed it does not ask the internet for what is malicious.
        const options = [
            '--data-dir',
            path.join(folder, 'data'),
            '--bind-addr',
            `127.0.0.1:${port}`,
            '--advisory-feed',
            '',
        ]
        const command = [path.join(programs, 'pypiron'), 'serve', ...options] as const
        const environment = { PYPIRON_ADMIN_PASS: password }
        const server = await startServer(command, environment, path.join(folder, 'log'), `${url}/health`, signal)
        try {
            await upload(`${url}/legacy/`, wheel)
        } catch (error) {
            await server.stop()
            throw error
        }
        return { ...server, page: `${url}/simple/demo/` }
    },
}

/** As twine does. @see https://docs.pypi.org/api/upload/ */
async function upload(url: string, wheel: string): Promise<void> {
    const content = await readFile(wheel)
    const [name, version] = path.basename(wheel).split('-') as [string, string]
    const form = new FormData()
    const fields = {
        ':action': 'file_upload',
        protocol_version: '1',
        metadata_version: '2.1',
        filetype: 'bdist_wheel',
        pyversion: 'py3',
        name,
        version,
        sha256_digest: createHash('sha256').update(content).digest('hex'),
    }
    for (const [field, value] of Object.entries(fields)) form.set(field, value)
    form.set('content', new Blob([content]), path.basename(wheel))
    const headers = { authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` }
    const answer = await fetch(url, { method: 'POST', headers, body: form })
    if (!answer.ok) throw new Error(`it answers an upload with ${answer.status}: ${await answer.text()}`)
}
