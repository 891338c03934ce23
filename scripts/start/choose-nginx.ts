import { spawnSync } from 'node:child_process'
import { UserError } from '../../core/user-error.js'
import { defaultNginxVersions } from '../config/option-table.js'
import { ensureNginx } from '../setup/machine.js'
import type { Nginx } from '../nginx/find-nginx.js'

/**
 * Selects nginx: that of this machine; otherwise installs it; otherwise the official image with Docker.
 *
 * @param folder the folder that nginx runs from, mounted into a container
 * @param variables names of the environment variables to pass to nginx
 * @throws UserError with the command that installs nginx, when none of the three works
 */
export async function chooseNginx(folder: string, variables: string[], say: (line: string) => void): Promise<Nginx> {
    try {
        return await ensureNginx(say)
    } catch (error) {
        if (!(error instanceof UserError) || !engineAnswers()) throw error
        say(`${error.message}; using the official image with docker instead`)
        return containerNginx(folder, variables)
    }
}

function engineAnswers(): boolean {
    return spawnSync('docker', ['version'], { stdio: 'ignore', timeout: 20_000 }).status === 0
}

/** The official image in the host's network, so that it can reach S3 and listen on the loopback. */
function containerNginx(folder: string, variables: string[]): Nginx {
    const version = defaultNginxVersions.docker
    return {
        program: 'docker',
        arguments: [
            ...['run', '--rm', '--network', 'host', '--volume', `${folder}:${folder}`],
            ...variables.flatMap((name) => ['--env', name]),
            ...[`nginx:${version}`, 'nginx'],
        ],
        version,
        modulePath: '/usr/lib/nginx/modules/ngx_http_js_module.so',
    }
}
