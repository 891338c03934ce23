#!/usr/bin/env node
import { print } from './cli/output.js'
import { createProgram, runProgram } from './cli/program.js'
import { UsageError } from './cli/user-error.js'
import { addConfigOptions, addServerOptions, addServingOptions, configWords, settingsOf } from './config/cli-options.js'
import { iamPolicy } from './config/iam-policy.js'
import { nextSteps } from './config/next-steps.js'
import { commandLine, folderForNginx } from './config/placement.js'
import { render } from './config/render.js'
import type { ConfigOptions } from './config/settings.js'
import { kubernetesFiles } from './kubernetes/kubernetes-files.js'
import { compareFolder, writeFolder } from './config/write-folder.js'

interface Options extends ConfigOptions {
    out: string
    force?: true
    dryRun?: true
    json?: true
    printIamPolicy?: true
}

const program = createProgram(
    'generate-config',
    'Writes the nginx configuration of a package index: one folder with env.conf, site.conf and the njs script.',
).requiredOption('--bucket <name>', 'the S3 bucket that holds the packages')
addServingOptions(addServerOptions(addConfigOptions(program)))
    .option('--out <folder>', 'the folder to write', 'nginx-s3-pypi')
    .option('--force', 'overwrite files that were edited by hand')
    .option('--dry-run', 'show what would change, and write nothing')
    .option('--json', 'print the result for a machine')
    .option('--print-iam-policy', 'print the least-privilege policy for the credentials of nginx, and write nothing')
    .addHelpText(
        'after',
        `
Examples:
  generate-config --bucket my-pypi --region eu-central-1
  generate-config --bucket my-pypi --target debian --listen 8080
  generate-config --bucket my-pypi --target kubernetes --cache /var/cache/nginx --cache-size 20g
  generate-config --bucket my-pypi --endpoint-url https://minio.example.com --prefix team-a/
  generate-config --bucket my-pypi --print-iam-policy

Credentials are never options: nginx reads AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN from its
environment.`,
    )
    .action(generate)

async function generate(options: Options): Promise<void> {
    const settings = settingsOf(options)
    if (options.out === '') throw new UsageError('--out names no folder', 'Leave it out, or name one: --out index')
    if (options.printIamPolicy) {
        print(iamPolicy(settings.bucket, settings.prefix, settings.region))
        return
    }
    const command = commandLine('npx generate-config', configWords(options))
    const forNginx = render(settings, { folder: folderForNginx(settings.target, options.out), command })
    const manifests =
        settings.target === 'kubernetes'
            ? kubernetesFiles(
                  settings,
                  forNginx.map(({ name }) => name),
                  command,
              )
            : []
    const files = [...forNginx, ...manifests]
    const changes = options.dryRun
        ? await compareFolder(options.out, files)
        : await writeFolder(options.out, files, options.force === true)
    if (options.json) {
        const result = { out: options.out, written: !options.dryRun, files: changes }
        print(JSON.stringify(result, null, 2) + '\n')
    } else if (options.dryRun) {
        const diffs = changes.map((change) => change.diff || `${change.name}: unchanged\n`)
        print(diffs.join(''))
    } else {
        for (const { name, status } of changes) print(`${options.out}/${name}: ${status}\n`)
        print('\n' + nextSteps(settings, options.out))
    }
}

await runProgram(program)
