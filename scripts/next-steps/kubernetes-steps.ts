import path from 'node:path'
import { variablesOf } from './credential-steps.js'
import { userCommands } from './user-commands.js'
import { folderWord, quotedForShell } from '../cli/shell-words.js'
import { certifiedName } from '../config/serving-view.js'
import type { Settings } from '../config/settings.js'
import { podCredentials } from '../kubernetes/credentials.js'
import { mountedFiles } from '../kubernetes/mounted-files.js'
import { objectNames } from '../kubernetes/names.js'
import { podPorts } from '../kubernetes/ports.js'

/** The commands after the folder is written: create the Secrets once, apply the folder whenever it changes. */
export function kubernetesSteps(settings: Settings, folder: string): string {
    const [index] = podPorts(settings)
    const { object } = objectNames(settings)
    // The host name in every namespace. The cluster's domain may be omitted.
    const host = certifiedName(settings) ?? `${object}.NAMESPACE.svc`
    const secrets = secretCommands(settings)
    const source = folderWord(folder)
    // An annotation, in which kubectl otherwise keeps the whole ConfigMap, is too small for the script of uploads.
    const apply = settings.upload === undefined ? 'kubectl apply -k' : 'kubectl apply --server-side -k'
    const given = podCredentials(settings).secretNames.length > 0
    const once = given
        ? 'Once, with the credentials in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)'
        : 'Once'
    const lines = secrets.map((command) => `  ${command}\n`).join('')
    const first = secrets.length === 0 ? 'Now' : `${once}:\n\n${lines}\nThen`
    return `${first}, and whenever the folder changes:

  ${apply} ${source}
  kubectl rollout status deployment/${object}

${uses(settings, `${index!.name}://${host}`)}From this machine: kubectl port-forward service/${object} 8080:${index!.servicePort}
When a Secret changes: kubectl rollout restart deployment/${object}
`
}

function uses(settings: Settings, origin: string): string {
    const keys = mountedFiles(settings).find(({ option }) => option === '--token-keys')
    const commands = userCommands(settings, `${origin}/simple/`, keys && localFile(keys.file))
    const places = { operator: 'Here', user: 'In the cluster', job: 'In a CI job' }
    return commands.map(({ by, command }) => `${places[by]}: ${command}\n`).join('')
}

/** The file from which a Secret is made. */
function localFile(file: string): string {
    return `./${path.posix.basename(file)}`
}

/** Passes the values on standard input, since other users can read the command line. */
function credentialsCommand(secret: string, names: string[]): string {
    return `${variablesOf(names)} |
    kubectl create secret generic ${secret} --from-env-file=/dev/stdin`
}

function secretCommands(settings: Settings): string[] {
    const { object, tlsSecret, filesSecret } = objectNames(settings)
    const files = mountedFiles(settings)
    const local = (file: string) => quotedForShell(localFile(file))
    const { secretNames } = podCredentials(settings)
    const certificate = files.find(({ key }) => key === 'tls.crt')
    const key = files.find(({ key }) => key === 'tls.key') ?? certificate
    const others = files
        .filter(({ secret }) => secret === filesSecret)
        .map(({ key, file }) => ` --from-file=${key}=${local(file)}`)
    return [
        ...(secretNames.length === 0 ? [] : [credentialsCommand(object, secretNames)]),
        ...(certificate === undefined
            ? []
            : [`kubectl create secret tls ${tlsSecret} --cert=${local(certificate.file)} --key=${local(key!.file)}`]),
        ...(others.length === 0 ? [] : [`kubectl create secret generic ${filesSecret}${others.join('')}`]),
    ]
}
