#!/usr/bin/env node
import { print, printError } from './cli/output.js'
import { createProgram, runProgram } from './cli/program.js'
import { formatSize } from '../core/format-size.js'
import { collectFiles } from './publish/collect-files.js'
import { publish, type PublishedFile } from './publish/publish.js'
import { showProgress } from './publish/show-progress.js'
import { addBucketOptions, type BucketOptions } from './s3/bucket-options.js'
import { openBucket } from './s3/bucket.js'

interface Options extends Omit<BucketOptions, 'bucket'> {
    build: boolean
    isolation: boolean
    python?: string
    overwrite?: true
    acceptUnusual?: true
    buildEnv?: string[]
    dryRun?: true
    json?: true
}

const program = createProgram(
    'publish-package',
    'Builds a Python package, uploads its wheel and sdist to a bucket, and puts them on the pages of the index.',
)
    .argument('<bucket>', 'the S3 bucket of the index')
    .argument('[path...]', 'folders with pyproject.toml or setup.py, or built files', ['.'])
addBucketOptions(program)
    .option('--no-build', 'publish what is in the dist/ of each folder instead of building it')
    .option('--no-isolation', 'build with the packages that are installed, not in an environment of its own')
    .option('--python <command>', 'the Python that builds (default: python3)')
    .option('--build-env <name>', 'a variable that the builder gets although it is called like a secret', append)
    .option('--overwrite', 'replace files that exist with other bytes')
    .option(
        '--accept-unusual',
        'take files that PyPI would refuse and pip and uv install, with a warning for each fault',
    )
    .option('--dry-run', 'check everything, upload and write nothing')
    .option('--json', 'print the result for a machine')
    .addHelpText(
        'after',
        `
Examples:
  publish-package my-pypi
  publish-package my-pypi dist/acme-1.0-py3-none-any.whl dist/acme-1.0.tar.gz
  publish-package my-pypi --no-build --dry-run
  publish-package my-pypi --endpoint-url https://minio.example.com --prefix team-a/

Credentials are found as the AWS command line finds them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, the
role of the machine.`,
    )
    .action(publishPackage)

async function publishPackage(name: string, paths: string[], options: Options): Promise<void> {
    const bucket = openBucket({ ...options, bucket: name })
    const note = (message: string) => printError(`publish-package: ${message}\n`)
    const files = await collectFiles(paths, { ...options, note })
    const progress = showProgress(process.stderr)
    try {
        const published = await publish(bucket, files, {
            overwrite: options.overwrite === true,
            acceptUnusual: options.acceptUnusual === true,
            dryRun: options.dryRun === true,
            onProgress: progress.update,
            warn: (message) => progress.print(`publish-package: ${message}`),
        })
        progress.end()
        print(
            options.json
                ? toJson(bucket.name, published, options)
                : published.map((file) => toLine(file, options)).join(''),
        )
    } finally {
        progress.end()
    }
}

function append(name: string, names: string[] = []): string[] {
    return [...names, name]
}

function toJson(bucket: string, files: PublishedFile[], options: Options): string {
    return JSON.stringify({ bucket, dryRun: options.dryRun === true, files }, null, 2) + '\n'
}

function toLine({ project, version, filename, size, status }: PublishedFile, options: Options): string {
    const planned = { uploaded: 'would be uploaded', overwritten: 'would be overwritten', present: 'present' }
    return `${project} ${version}: ${filename} (${formatSize(size)}) ${options.dryRun ? planned[status] : status}\n`
}

await runProgram(program)
