import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { UserError } from '../../core/user-error.js'
import { runNginx, type NginxInstallation } from '../measured-nginx.js'
import { temporaryPaths, type Place } from '../nginx-configuration.js'
import type { Proxy } from './proxies.js'

/**
 * The nginx.conf of a checkout of nginx_pypi_cache, with the address of another upstream in place of PyPI's.
 *
 * @param checkout its folder
 * @throws UserError when the folder is none
 * @see https://github.com/hauntsaninja/nginx_pypi_cache
 */
export function nginxPypiCache(checkout: string, nginx: NginxInstallation, workers: number): Proxy {
    const file = path.join(checkout, 'nginx.conf')
    if (!existsSync(file) || !readFileSync(file, 'utf8').includes('files.pythonhosted.org/packages')) {
        throw new UserError(
            `--nginx-pypi-cache ${checkout}: there is no nginx.conf of nginx_pypi_cache`,
            'Name the folder into which https://github.com/hauntsaninja/nginx_pypi_cache was cloned.',
        )
    }
    const configuration = readFileSync(file, 'utf8')
    return {
        name: `nginx_pypi_cache, nginx ${nginx.name}`,
        async start({ origin }) {
            const running = await runNginx(
                nginx,
                0,
                (place) => [{ name: 'nginx.conf', content: adapt(configuration, place, origin, workers) }],
                workers,
            )
            return { index: `http://127.0.0.1:${running.port}/simple/`, pid: running.master, stop: running.stop }
        },
    }
}

/** Adapts the file to a folder, a port, and an upstream without TLS. */
function adapt(text: string, place: Place, origin: string, workers: number): string {
    const { host } = new URL(origin)
    return text
        .replaceAll(/https:\/\/(sg_pypi|sg_pythonhosted)/g, 'http://$1')
        .replaceAll(/server (?:pypi\.org|files\.pythonhosted\.org):443;/g, `server ${host};`)
        .replaceAll(/https:\/\/(?:pypi\.org|files\.pythonhosted\.org)/g, origin)
        .replaceAll(/(proxy_set_header Host) \S+;/g, `$1 ${host};`)
        .replace('/var/lib/nginx/pypi', `${place.folder}/cache`)
        .replace(/^error_log .*$/m, 'error_log stderr error;')
        .replace(/^pid .*$/m, `pid ${place.folder}/nginx.pid;`)
        .replace(/^worker_processes .*$/m, `worker_processes ${workers};`)
        .replace(/^ *include \/etc\/nginx\/mime\.types;$/m, temporaryPaths(place).join('\n'))
        .replace(/^ *access_log .*$/m, '    access_log off;')
        .replace('listen 80 default_server;', `listen 127.0.0.1:${place.port} default_server;`)
}
