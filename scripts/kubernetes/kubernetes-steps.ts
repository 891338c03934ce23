import path from 'node:path'
import { isHostName } from '../config/endpoint.js'
import { quotedForShell } from '../config/placement.js'
import type { Settings } from '../config/settings.js'
import { podCredentials } from './credentials.js'
import { mountedFiles } from './mounted-files.js'
import { filesSecret, objectName, tlsSecret } from './names.js'
import { podPorts } from './ports.js'

/** From every namespace; the cluster's domain may be left out. */
const serviceHost = `${objectName}.NAMESPACE.svc`

/** What to type after the folder is written: the Secrets, once, and the folder whenever it has changed. */
export function kubernetesSteps(settings: Settings, folder: string): string {
    const [index] = podPorts(settings)
    // A certificate is for a name.
    const { serverName, tls } = settings
    const host = tls !== undefined && isHostName(serverName) && serverName !== '_' ? serverName : serviceHost
    const secrets = secretCommands(settings)
    const source = quotedForShell(path.isAbsolute(folder) ? folder : `./${path.normalize(folder)}`)
    const first = secrets.length === 0 ? 'Now' : `${secretSteps(secrets)}Then`
    return `${first}, and whenever the folder has changed:

  kubectl apply -k ${source}
  kubectl rollout status deployment/${objectName}

In the cluster: pip install --index-url ${index!.name}://${host}/simple/ PACKAGE
From this machine: kubectl port-forward service/${objectName} 8080:${index!.servicePort}
When a Secret has changed: kubectl rollout restart deployment/${objectName}
`
}

function secretSteps(commands: string[]): string {
    const credentials =
        podCredentials().secretCommand === undefined
            ? 'Once'
            : 'Once, with the credentials in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)'
    return `${credentials}:

${commands.map((command) => `  ${command}\n`).join('')}
`
}

function secretCommands(settings: Settings): string[] {
    const files = mountedFiles(settings)
    const local = (file: string) => quotedForShell(`./${path.posix.basename(file)}`)
    const { secretCommand } = podCredentials()
    const certificate = files.find(({ key }) => key === 'tls.crt')
    const key = files.find(({ key }) => key === 'tls.key') ?? certificate
    const others = files
        .filter(({ secret }) => secret === filesSecret)
        .map(({ key, file }) => ` --from-file=${key}=${local(file)}`)
    return [
        ...(secretCommand === undefined ? [] : [secretCommand]),
        ...(certificate === undefined
            ? []
            : [`kubectl create secret tls ${tlsSecret} --cert=${local(certificate.file)} --key=${local(key!.file)}`]),
        ...(others.length === 0 ? [] : [`kubectl create secret generic ${filesSecret}${others.join('')}`]),
    ]
}
