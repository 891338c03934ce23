import { spawnSync } from 'node:child_process'
import { UserError } from '../../core/user-error.js'
import { defaultNginxVersions } from '../config/option-table.js'
import { ensureNginx } from '../setup/machine.js'
import type { Nginx } from '../nginx/find-nginx.js'

/**
 * The nginx that serves: the machine's, else one that is installed now, else the official image in a container engine.
 *
 * @param folder the folder that nginx will run from, which a container must see
 * @param variables names of what it takes from its environment
 * @throws UserError that tells how to install nginx when none of the three can be had
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

/** The official image on the network of this machine: it reaches an S3 on the loopback and listens there. */
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
