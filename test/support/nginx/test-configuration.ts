import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { render } from '../../../scripts/config/render.js'
import type { Settings } from '../../../scripts/config/settings.js'
import type { Nginx } from '../../../scripts/nginx/find-nginx.js'

/** What nginx writes, in a folder of the test's own. */
const temporaryPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `    ${name}_temp_path temp-${name};`)
    .join('\n')

/** The shape of Debian's: what is enabled has places in the main context and in http, and njs is loaded. */
const debianConf = `
worker_processes auto;
pid              nginx.pid;
error_log        stderr;
include          modules-enabled/*.conf;
events {
    worker_connections 768;
}
http {
${temporaryPaths}
    sendfile            on;
    tcp_nopush          on;
    types_hash_max_size 2048;
    default_type        application/octet-stream;
    ssl_protocols       TLSv1.2 TLSv1.3;
    access_log          log/access.log;
    gzip                on;
    include             conf.d/*.conf;
    include             sites-enabled/*;
}
`

/**
 * Puts a generated folder where its target has its place, and asks nginx whether it takes the whole.
 *
 * @param root an empty folder that stands for /etc/nginx, /var/log/nginx and a container's /tmp
 * @param edit changes a generated file before it is written
 * @returns what nginx says
 */
export async function testConfiguration(
    nginx: Nginx,
    root: string,
    settings: Settings,
    edit: (name: string, content: string) => string = (_name, content) => content,
): Promise<{ accepted: boolean; output: string }> {
    const folder = path.join(root, 'nginx-s3-pypi')
    for (const name of ['nginx-s3-pypi', 'conf.d', 'modules-enabled', 'sites-enabled', 'log']) {
        await mkdir(path.join(root, name))
    }
    for (const { name, content } of render(settings, { folder, command: 'test', modulePath: nginx.modulePath })) {
        const placed = edit(name, content)
            .replaceAll('/var/log/nginx/', `${root}/log/`)
            .replaceAll('/var/lib/nginx/', `${root}/`)
        await writeFile(path.join(folder, name), placed.replaceAll(/ \/tmp\/(?=nginx\.pid;|temp-)/g, ` ${root}/`))
    }
    if (settings.target !== 'debian') return ask(nginx, folder, 'daemon off;')
    await writeFile(path.join(root, 'nginx.conf'), debianConf)
    await writeFile(path.join(root, 'modules-enabled/50-mod-http-js.conf'), `load_module ${nginx.modulePath};\n`)
    await symlink(`${folder}/env.conf`, path.join(root, 'modules-enabled/90-nginx-s3-pypi.conf'))
    await symlink(`${folder}/site.conf`, path.join(root, 'sites-enabled/nginx-s3-pypi'))
    return ask(nginx, root, 'daemon on;')
}

async function ask(nginx: Nginx, root: string, directives: string): Promise<{ accepted: boolean; output: string }> {
    const words = [...nginx.arguments, '-t', '-e', 'stderr', '-p', root, '-c', `${root}/nginx.conf`, '-g', directives]
    try {
        return { accepted: true, output: (await promisify(execFile)(nginx.program, words)).stderr }
    } catch (error) {
        const { code, stderr } = error as { code?: unknown; stderr?: string }
        if (typeof code !== 'number') throw error
        return { accepted: false, output: stderr ?? '' }
    }
}
