import path from 'node:path'
import { kubernetesSteps } from './kubernetes-steps.js'
import { credentialsNeeded, dockerVariables, environmentFileNames, variablesOf } from './credential-steps.js'
import { userCommands } from './user-commands.js'
import { isLoopback } from '../option-values/listen.js'
import { namedFiles } from '../config/named-files.js'
import { nginxFolder } from '../config/placement.js'
import { folderWord, quotedForShell } from '../cli/shell-words.js'
import { publicSocket } from '../config/public-view.js'
import { certifiedName, signerSocket } from '../config/serving-view.js'
import { uploadSocket } from '../config/upload-view.js'
import type { Settings } from '../config/settings.js'
import { tokenFilesOf } from '../config/tokens.js'

/** The commands to run after the folder is written, for the target. They work without edits. */
export function nextSteps(settings: Settings, folder: string): string {
    const steps = {
        docker: dockerSteps,
        kubernetes: kubernetesSteps,
        debian: debianSteps,
        standalone: standaloneSteps,
    }
    return steps[settings.target](settings, folder)
}

function dockerSteps(settings: Settings, folder: string): string {
    const mount = fromCurrentFolder(folder)
    const { network, options, published } = dockerNetwork(settings)
    const mounts = moreMounts(settings).map((option) => `    -v ${option} \\\n`)
    // docker-compose.yml publishes port 80 and mounts only the folder.
    const compose =
        options.includes(`${composePort}:80 `) && mounts.length === 0 && settings.credentials.kind === 'env'
            ? `
or, in the folder with the docker-compose.yml of this package:

  NGINX_S3_PYPI=${mount} docker compose up
`
            : ''
    const variables = wrapped(dockerVariables(settings))
    return `${credentialsNeeded(settings)}:

${network}  docker run -d --name pypi ${options}\\
${variables}    -v ${mount}:${nginxFolder}:ro \\
${mounts.join('')}    nginx:${settings.nginxVersion} nginx -c ${nginxFolder}/nginx.conf -g 'daemon off;'
${compose}
${uses(settings, published)}When the folder changes: docker kill -s HUP pypi
`
}

/** Wraps the options of a command into lines of at most 100 characters. */
function wrapped(options: string[]): string {
    const lines = options.reduce<string[]>((all, option) => {
        const longer = `${all.at(-1) ?? ''} ${option}`
        return all.length > 0 && longer.length < 100 ? [...all.slice(0, -1), longer] : [...all, `    ${option}`]
    }, [])
    return lines.map((line) => `${line} \\\n`).join('')
}

/** The default port of docker-compose.yml. */
const composePort = '8080'

/** Network options of the container, each followed by a space, and the port of the index on the host. */
function dockerNetwork(settings: Settings): { network: string; options: string; published: string } {
    const port = listenPort(settings)
    // A container has a separate loopback, unless it uses the host's network.
    const servers = [settings.endpoint, ...(settings.public === undefined ? [] : [settings.public.pages.endpoint])]
    const isOnThisMachine = servers.some(({ address }) => address !== undefined && isLoopback(address))
    if (settings.listen.every(isLoopback) || isOnThisMachine) {
        return { network: '', options: '--network host ', published: port }
    }
    const published = settings.tls === undefined ? composePort : '8443'
    const redirected = (settings.tls?.httpListen ?? []).map((listen) => `-p ${composePort}:${portOf(listen)} `)
    const options = `-p ${published}:${port} ${redirected.join('')}`
    // Docker's DNS server runs only in user-defined networks.
    return settings.resolver.length > 0
        ? { network: '  docker network create pypi\n', options: `${options}--network pypi `, published }
        : { network: '', options, published }
}

/** Mounts besides the folder: the cache, and the files that options name. */
function moreMounts(settings: Settings): string[] {
    const { cache } = settings
    return [
        ...(cache === undefined ? [] : [`pypi-cache:${quotedForShell(cache.folder)}`]),
        ...namedFiles(settings).map(({ file }) => `${quotedForShell(file)}:${quotedForShell(file)}:ro`),
    ]
}

function debianSteps(settings: Settings, folder: string): string {
    const files = `${folderWord(folder)}/*`
    const { cache } = settings
    // Only nginx may open the signing socket: `install -d` also sets owner and mode of an existing folder.
    const cacheFolder =
        cache === undefined
            ? ''
            : `  install -d ${cache.folder}\n  install -d -o www-data -m 700 ${cache.folder}/pypi-private\n`
    // A socket left by a killed nginx, or by a power failure, would prevent the next start.
    const sockets = [
        ...(cache === undefined ? [] : [signerSocket(cache.folder)]),
        ...(cache === undefined || settings.public === undefined ? [] : [publicSocket(cache.folder)]),
        ...(settings.upload === undefined ? [] : [uploadSocket(settings, nginxFolder)]),
    ]
    const cleanUp = sockets.map((socket) => `ExecStartPre=/bin/rm -f ${socket}\\n`).join('')
    const names = environmentFileNames(settings)
    const environmentFile =
        names.length === 0 ? '' : `  (umask 077 && ${variablesOf(names)} > /etc/nginx-s3-pypi.env)\n`
    const readsFile = names.length === 0 ? '' : 'EnvironmentFile=/etc/nginx-s3-pypi.env\\n'
    return `On the machine of nginx (apt-get install nginx libnginx-mod-http-js), as root.
${credentialsNeeded(settings)}:

  install -m 644 -D -t ${nginxFolder} ${files}
  ln -sf ${nginxFolder}/env.conf  /etc/nginx/modules-enabled/90-nginx-s3-pypi.conf
  ln -sf ${nginxFolder}/site.conf /etc/nginx/sites-enabled/nginx-s3-pypi
  rm -f /etc/nginx/sites-enabled/default

${environmentFile}${cacheFolder}  mkdir -p /etc/systemd/system/nginx.service.d
  printf '[Service]\\n${readsFile}${cleanUp}' > /etc/systemd/system/nginx.service.d/nginx-s3-pypi.conf
  systemctl daemon-reload && nginx -t && systemctl restart nginx

${uses(settings, listenPort(settings))}When the folder changes: repeat the first line, then systemctl reload nginx
`
}

function standaloneSteps(settings: Settings, folder: string): string {
    const root = quotedForShell(path.resolve(folder))
    return `${credentialsNeeded(settings)}:

  nginx -p ${root} -c ${root}/nginx.conf -e stderr -g 'daemon off;'

${uses(settings, listenPort(settings))}`
}

/** The folder as a shell word, absolute, since Docker mounts no relative paths. */
function fromCurrentFolder(folder: string): string {
    return path.isAbsolute(folder) ? quotedForShell(folder) : `"$PWD"/${quotedForShell(path.normalize(folder))}`
}

/** The commands of the index's users. */
function uses(settings: Settings, port: string): string {
    const commands = userCommands(settings, indexUrl(settings, port), tokenFilesOf(settings)?.keys)
    return commands
        .map(({ by, command }, index) => {
            const place = by === 'job' ? 'In a CI job: ' : index === 0 ? 'Then: ' : 'And:  '
            return `${place}${command}\n`
        })
        .join('')
}

function indexUrl(settings: Settings, port: string): string {
    const scheme = settings.tls === undefined ? 'http' : 'https'
    return new URL('/simple/', `${scheme}://${certifiedName(settings) ?? 'localhost'}:${port}`).href
}

function listenPort(settings: Settings): string {
    return portOf(settings.listen[0]!)
}

function portOf(listen: string): string {
    return listen.replace(/^.*:/, '')
}
