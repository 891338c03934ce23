import { link, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { freePort } from '../../scripts/nginx/free-port.js'
import type { PackageServer } from './package-servers.js'
import { installPrograms, runProgram, startServer } from './programs.js'

const version = '2026.1010.0'

/** A Rust program with a database and a folder of files; the index has no mirror. @see https://github.com/tox-dev/peryx */
export const peryxServer: PackageServer = {
    name: `peryx ${version}`,
    // Importing 5,000 files of one project took it three minutes, and on a busier disk a quarter of an hour.
    mostFiles: 1000,
    async start({ folder, wheels, signal }) {
        const programs = await installPrograms([`peryx==${version}`], signal)
        const program = path.join(programs, 'peryx')
        const data = ['--data-dir', path.join(folder, 'data')]
        const imported = path.join(folder, 'wheels')
        await mkdir(imported)
        for (const wheel of wheels) await link(wheel, path.join(imported, path.basename(wheel)))
        await runProgram(program, ['init', ...data], {}, signal)
        await runProgram(program, ['import-dir', 'hosted', imported, ...data], {}, signal)
        const port = await freePort()
        const url = `http://127.0.0.1:${port}`
        const command = [program, 'serve', '--offline', '--port', String(port), ...data] as const
        const server = await startServer(command, {}, path.join(folder, 'log'), `${url}/+status`, signal)
        return { ...server, index: `${url}/hosted/simple/` }
    },
}
