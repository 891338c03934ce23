import path from 'node:path'
import { freePort } from '../../scripts/nginx/free-port.js'
import type { Contender } from './contender.js'
import { installPrograms, runProgram } from './python-program.js'
import { startServer } from './server-process.js'

const server = '6.20.3'
const client = '7.3.0'

/** https://github.com/devpi/devpi: a Python program with a database, and an index of a user without a mirror. */
export const devpi: Contender = {
    name: `devpi-server ${server}`,
    async start({ folder, wheel, signal }) {
        const programs = await installPrograms([`devpi-server==${server}`, `devpi-client==${client}`], signal)
        const data = ['--serverdir', path.join(folder, 'server')]
        const program = (name: string) => path.join(programs, name)
        await runProgram(program('devpi-init'), [...data, '--no-root-pypi'], {}, signal)
        const port = await freePort()
        const url = `http://127.0.0.1:${port}`
        const command = [program('devpi-server'), ...data, '--host', '127.0.0.1', '--port', String(port)] as const
        const process_ = await startServer(command, {}, path.join(folder, 'log'), `${url}/+api`, signal)
        try {
            const own = ['--clientdir', path.join(folder, 'client')]
            const devpi = (name: string, ...words: string[]) =>
                runProgram(program('devpi'), [name, ...own, ...words], {}, signal)
            await devpi('use', url)
            await devpi('user', '-c', 'bench', 'password=bench')
            await devpi('login', 'bench', '--password=bench')
            await devpi('index', '-c', 'private', 'bases=')
            await devpi('use', 'bench/private')
            await devpi('upload', wheel)
        } catch (error) {
            await process_.stop()
            throw error
        }
        return { ...process_, page: `${url}/bench/private/+simple/demo/` }
    },
}
