#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { print, printError } from './cli/output.js'
import { createProgram, runProgram } from './cli/program.js'
import { UsageError, UserError } from '../core/user-error.js'
import { settingsOf } from './config/machine-defaults.js'
import { iamPolicy } from './next-steps/iam-policy.js'
import { nextSteps } from './next-steps/next-steps.js'
import { folderForNginx } from './config/placement.js'
import { commandLine } from './cli/shell-words.js'
import {
    optionChanges,
    optionsContent,
    refuseDropping,
    rememberedOptions,
    type OptionChanges,
} from './config/remembered-options.js'
import { render } from './config/render.js'
import { warningsOf } from './config/warnings.js'
import { addConfigOptions, addNegations, configWords, type ConfigOptions } from './config/option-table.js'
import { readPublishersFile } from './config/tokens.js'
import { parseServerNames } from './option-values/listen.js'
import { explainToken } from './publishers/explain-token.js'
import { kubernetesFiles } from './kubernetes/kubernetes-files.js'
import { compareFolder, writeFolder } from './config/write-folder.js'

interface Options extends Omit<ConfigOptions, 'bucket'> {
    bucket?: string
    from?: string
    out?: string
    force?: true
    dryRun?: true
    json?: true
    printIamPolicy?: true
    explainToken?: string
}

const program = createProgram(
    'generate-config',
    'Writes the nginx configuration of a package index: one folder with env.conf, site.conf and the njs script.',
).optionsGroup('This run:')
addNegations(addConfigOptions(program))
    .option('--from <folder>', 'write this folder again: its options, and those given here')
    .option('--out <folder>', 'the folder to write (default: nginx-s3-pypi)')
    .option('--force', 'overwrite files that were edited by hand; drop access control, TLS, private names or fallback')
    .option('--dry-run', 'show what would change, and write nothing')
    .option('--json', 'print the result as JSON')
    .option('--print-iam-policy', 'print the least-privilege policy for the credentials of nginx, and write nothing')
    .option(
        '--explain-token <file>',
        'say which publishers of --trusted-publishers an ID token matches, without verifying it, and write nothing',
    )
    .addHelpText(
        'after',
        `
Examples:
  generate-config --bucket my-pypi --region eu-central-1
  generate-config --bucket my-pypi --target debian --listen 8080
  generate-config --bucket my-pypi --target kubernetes --cache /var/cache/nginx --cache-size 20g
  generate-config --bucket my-pypi --endpoint-url https://minio.example.com --prefix team-a/
  generate-config --bucket my-pypi --upload --upload-htpasswd /etc/nginx/secrets/uploaders
  generate-config --bucket my-pypi --upload --token-keys /etc/nginx/secrets/token-keys --trusted-publishers publishers.yaml
  generate-config --bucket my-pypi --print-iam-policy

Credentials are never options: nginx reads AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN from its
environment.`,
    )
    .action(generate)

async function generate(given: Options): Promise<void> {
    const out = given.out ?? given.from ?? 'nginx-s3-pypi'
    if (out === '') throw new UsageError('--out names no folder', 'Leave it out, or name one: --out index')
    const options = allOptions(given)
    if (given.explainToken !== undefined) return explain(given.explainToken, options)
    const settings = settingsOf(options)
    if (given.printIamPolicy) {
        print(iamPolicy(settings.bucket, settings.prefix, settings.region, settings.upload !== undefined))
        return
    }
    const before = rememberedOptions(out)
    if (before !== undefined && !given.force) refuseDropping(out, before, options, negations(given))
    const command = commandLine('generate-config', configWords(options))
    const forNginx = render(settings, { folder: folderForNginx(settings.target, out), command })
    const manifests =
        settings.target === 'kubernetes'
            ? kubernetesFiles(
                  settings,
                  forNginx.map(({ name }) => name),
                  command,
              )
            : []
    const files = [...forNginx, ...manifests, optionsContent(options)]
    const changes = given.dryRun ? await compareFolder(out, files) : await writeFolder(out, files, given.force === true)
    const optionsChanged = before && optionChanges(before, options)
    for (const warning of warningsOf(settings, options)) printError(`generate-config: warning: ${warning}\n`)
    if (given.json) {
        const result = { out, written: !given.dryRun, files: changes, options: optionsChanged ?? null }
        print(JSON.stringify(result, null, 2) + '\n')
    } else if (given.dryRun) {
        print(describeOptions(optionsChanged))
        const diffs = changes.map((change) => change.diff || `${change.name}: unchanged\n`)
        print(diffs.join(''))
    } else {
        print(describeOptions(optionsChanged))
        for (const { name, status } of changes) print(`${out}/${name}: ${status}\n`)
        print('\n' + nextSteps(settings, out))
    }
}

/** Prints what the trusted publishers say of a token; exit status 1 if it could not upload. */
function explain(file: string, { trustedPublishers, serverName }: ConfigOptions): void {
    if (trustedPublishers === undefined) {
        throw new UsageError(
            '--explain-token requires --trusted-publishers',
            'Add --trusted-publishers publishers.yaml.',
        )
    }
    const { trusted } = readPublishersFile(trustedPublishers, parseServerNames(serverName ?? []))
    let token: string
    try {
        token = readFileSync(file === '-' ? 0 : file, 'utf8')
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        throw new UserError(`--explain-token ${file} cannot be read: ${code}`, 'Name a file with an ID token, or "-".')
    }
    const { text, wouldUpload } = explainToken(token, trusted, Math.floor(Date.now() / 1000))
    print(text)
    if (!wouldUpload) process.exitCode = 1
}

/** The options of the command line, over those of the folder that --from names. */
function allOptions(given: Options): ConfigOptions {
    const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== false))
    const { from } = given
    const remembered = from === undefined ? {} : rememberedOptions(from)
    if (remembered === undefined) {
        throw new UserError(`${from} is no folder that generate-config has made`, 'Name its options: --bucket my-pypi')
    }
    const options: Partial<ConfigOptions> = { ...remembered, ...own }
    const { tls, ...others } = given as unknown as Record<string, unknown>
    for (const [name, value] of Object.entries(others)) if (value === false) delete options[name as keyof ConfigOptions]
    if (given.clientCa === (false as never)) delete options.clientCrl
    if (given.fallback === (false as never) && options.public === undefined) delete options.private
    if (given.public === (false as never)) {
        for (const name of publicOptions) delete options[name]
        if (options.fallback === undefined) delete options.private
    }
    if (tls === false) for (const name of tlsOptions) delete options[name]
    if ((given as { tokenKeys?: unknown }).tokenKeys === false) for (const name of tokenOptions) delete options[name]
    if (given.trustedPublishers === (false as never)) delete options.issuerCaBundle
    if ((given as { upload?: boolean }).upload === false) {
        const kept: readonly string[] = options.readTokens ? ['tokenKeys', 'revokedTokens'] : []
        for (const name of uploadOptions) if (!kept.includes(name)) delete options[name]
    }
    if (options.bucket === undefined && given.explainToken === undefined) {
        program.error("error: required option '--bucket <name>' not specified")
    }
    return options as ConfigOptions
}

const publicOptions = ['cooldown', 'cooldownExcept', 'deny', 'allowOnly', 'publicCaBundle'] as const
const tlsOptions = ['tlsCert', 'tlsKey', 'clientCa', 'clientCrl', 'httpListen'] as const

const tokenNegations = ['--no-revoked-tokens', '--no-trusted-publishers']
const uploadNegations = [
    ...['--no-upload-htpasswd', '--no-upload-rights', '--no-upload-allow', '--no-token-keys'],
    ...tokenNegations,
]
const tokenOptions = ['tokenKeys', 'revokedTokens', 'trustedPublishers', 'issuerCaBundle'] as const
const uploadOptions = [
    ...(['uploadHtpasswd', 'uploadRights', 'uploadAllow', 'uploadMaxSize', 'only'] as const),
    ...tokenOptions,
] as const

/** The `--no-…` of the command line, and those that they entail. */
function negations(given: Options): Set<string> {
    const said = Object.entries(given).filter(([, value]) => value === false)
    const names = new Set(
        said.map(([name]) => `--no-${name.replace(/[A-Z]/g, (letter) => '-' + letter.toLowerCase())}`),
    )
    if (names.has('--no-tls')) for (const name of ['--no-client-ca', '--no-client-crl']) names.add(name)
    if (names.has('--no-client-ca')) names.add('--no-client-crl')
    if (names.has('--no-fallback')) names.add('--no-private')
    if (names.has('--no-public')) {
        for (const name of ['--no-private', '--no-cooldown', '--no-deny', '--no-allow-only']) names.add(name)
    }
    if (names.has('--no-token-keys')) for (const name of tokenNegations) names.add(name)
    if (names.has('--no-upload')) for (const name of uploadNegations) names.add(name)
    return names
}

function describeOptions(changes: OptionChanges | undefined): string {
    if (changes === undefined) return ''
    const lines = [
        ...changes.added.map((option) => `option + ${option}`),
        ...changes.removed.map((option) => `option - ${option}`),
        ...changes.changed.map((option) => `option ~ ${option}`),
    ]
    return lines.map((line) => line + '\n').join('')
}

await runProgram(program)
