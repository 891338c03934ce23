import { copyFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { freePort } from '../../scripts/nginx/free-port.js'
import type { Contender } from './contender.js'
import { installPrograms } from './python-program.js'
import { startServer } from './server-process.js'

const version = '2.4.2'
/** Of the web servers that it takes by itself where they are installed, the first. */
const waitress = '3.0.2'

/** https://github.com/pypiserver/pypiserver: a Python program that serves a folder. */
export const pypiserver: Contender = {
    name: `pypiserver ${version}`,
    async start({ folder, wheel, signal }) {
        const programs = await installPrograms([`pypiserver[cache]==${version}`, `waitress==${waitress}`], signal)
        const packages = path.join(folder, 'packages')
        await mkdir(packages)
        await copyFile(wheel, path.join(packages, path.basename(wheel)))
        const port = await freePort()
        const url = `http://127.0.0.1:${port}`
        // What it does not have would be redirected to PyPI.
        const options = ['--interface', '127.0.0.1', '--port', String(port), '--disable-fallback']
        const command = [path.join(programs, 'pypi-server'), 'run', ...options, packages] as const
        const server = await startServer(command, {}, path.join(folder, 'log'), `${url}/health`, signal)
        return { ...server, page: `${url}/simple/demo/` }
    },
}
