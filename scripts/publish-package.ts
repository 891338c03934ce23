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
    'Builds a Python package, uploads its wheel and sdist to a bucket, and adds them to the index.',
)
    .argument('<bucket>', 'the S3 bucket of the index')
    .argument('[path...]', 'folders with pyproject.toml or setup.py, or built files', ['.'])
addBucketOptions(program)
    .option('--no-build', 'publish the files in the dist/ of each folder instead of building it')
    .option('--no-isolation', 'build with the installed packages, not in an isolated environment')
    .option('--python <command>', 'the Python to build with (default: python3)')
    .option('--build-env <name>', 'pass this variable to the builder although its name looks like a secret', append)
    .option('--overwrite', 'replace existing files that have different content')
    .option('--accept-unusual', 'accept files that PyPI rejects but pip and uv install; warn about each fault')
    .option('--dry-run', 'run all checks, but upload and write nothing')
    .option('--json', 'print the result as JSON')
    .addHelpText(
        'after',
        `
Examples:
  publish-package my-pypi
  publish-package my-pypi dist/acme-1.0-py3-none-any.whl dist/acme-1.0.tar.gz
  publish-package my-pypi --no-build --dry-run
  publish-package my-pypi --endpoint-url https://minio.example.com --prefix team-a/

Credentials are searched for as in the AWS CLI: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, the role of the
machine.`,
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
