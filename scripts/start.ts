#!/usr/bin/env node
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { print, printError } from './cli/output.js'
import { createProgram, runProgram } from './cli/program.js'
import { UserError } from '../core/user-error.js'
import { settingsOf } from './config/machine-defaults.js'
import type { CredentialsSettings } from './config/credentials.js'
import { render } from './config/render.js'
import { addConfigOptions, defaultNginxVersions, type ConfigOptions } from './config/option-table.js'
import { writeFolder } from './config/write-folder.js'
import { ensureBuilder, ensureCaBundle, ensurePython } from './setup/machine.js'
import { chooseNginx } from './start/choose-nginx.js'
import { findNginx } from './nginx/find-nginx.js'
import { assertPortIsFree, parsePort } from './nginx/free-port.js'
import { startNginx, type NginxProcess } from './nginx/nginx-process.js'
import { makeUploader } from './start/uploader.js'
import { embeddedStorage, realStorage, usualS3Port, type Storage } from './start/storage.js'
import { welcome } from './start/welcome.js'

interface Options extends Omit<Partial<ConfigOptions>, 'fallback'> {
    /** False for --no-fallback. */
    fallback?: string | boolean
    port: string
    s3Port?: string
    data: string
}

const program = createProgram('npm start', 'Serves a package index from an S3 bucket, or from an embedded S3 server.')
    .option('--bucket <name>', 'the S3 bucket that holds the packages (default: a bucket of the embedded server)')
    .option('--port <port>', 'port of the index on this machine', '8080')
    .option('--data <folder>', 'folder of the embedded S3 server', 'data')
addConfigOptions(program.usage('-- [options]'), true)
    .option('--server-name <name...>', 'host names of the index besides localhost and 127.0.0.1')
    .option('--s3-port <port>', `port of the embedded S3 server (default: ${usualS3Port}, or a free one)`)
    .option('--no-fallback', 'do not redirect missing projects to PyPI')
    .addHelpText(
        'after',
        `
Examples:
  npm start
  npm start -- --bucket my-pypi --region eu-central-1
  npm start -- --bucket my-pypi --endpoint-url http://127.0.0.1:9000 --port 8081

With --bucket, the credentials are read from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, unless
--credentials names another source.`,
    )
    .action(start)

const say = (line: string) => print(line + '\n')

async function start(options: Options): Promise<void> {
    const port = parsePort(options.port)
    const bucket = options.bucket === undefined ? undefined : await bucketToServe(options, options.bucket, port)
    await assertPortIsFree(port)
    const interruption = new AbortController()
    const interrupted = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal))).then(() =>
        interruption.abort(),
    )
    // Cleanups, run in reverse order.
    const endings: (() => Promise<unknown>)[] = []
    try {
        await Promise.race([interrupted, serve(options, bucket, port, endings, interruption.signal)])
    } finally {
        for (const end of endings.reverse()) await end()
    }
}

/** Starts everything and serves until nginx exits, which is an error. */
async function serve(
    options: Options,
    bucket: BucketToServe | undefined,
    port: number,
    endings: (() => Promise<unknown>)[],
    signal: AbortSignal,
): Promise<never> {
    const temporary = await mkdtemp(path.join(os.tmpdir(), 'nginx-s3-pypi-'))
    endings.push(() => rm(temporary, { recursive: true, force: true }))
    const storage =
        bucket === undefined
            ? await embeddedStorage(
                  options.data,
                  temporary,
                  options.s3Port === undefined ? undefined : parsePort(options.s3Port, '--s3-port'),
              )
            : await realStorage({ ...withoutFallback(options), bucket: bucket.name }, bucket.credentials)
    endings.push(() => storage.close())
    const uploader = takesUploads(options)
        ? await makeUploader(options.bucket === undefined ? options.data : undefined, temporary)
        : undefined
    const withUploads =
        uploader === undefined ? options : { ...options, upload: true, uploadHtpasswd: uploader.htpasswd }
    const nginx = await startIndex(withUploads, storage, port, path.join(temporary, 'nginx'), signal)
    endings.push(() => nginx.stop())
    const url = `${options.tlsCert === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
    await untilReady(url, bucket?.credentials.access === 'memory' ? patience : 0)
    say(welcome(url, storage, options, offerPython(), uploader))
    await nginx.ended
    if (signal.aborted) return new Promise(() => {})
    throw new UserError('nginx has exited', 'Its messages above name the cause.')
}

/** Uploads with a generated password: with the embedded server, or by --upload without a password file. */
function takesUploads({ bucket, upload, uploadHtpasswd }: Options): boolean {
    return uploadHtpasswd === undefined && (bucket === undefined || upload === true)
}

async function startIndex(
    options: Options,
    storage: Storage,
    port: number,
    folder: string,
    signal: AbortSignal,
): Promise<NginxProcess> {
    const nginx = await chooseNginx(folder, Object.keys(storage.environment), say)
    const settings = settingsOf({ ...configOf(options, storage.config, port), nginxVersion: nginx.version })
    if (settings.endpoint.scheme === 'https' && options.caBundle === undefined) ensureCaBundle(say)
    const placement = { folder, command: 'npm start', modulePath: nginx.modulePath }
    await writeFolder(folder, render(settings, placement), false)
    // The workers, which have fewer rights, keep bodies of uploads in a folder below.
    await chmod(folder, 0o755)
    return startNginx(nginx, {
        folder,
        port,
        environment: { PATH: process.env.PATH, ...storage.environment },
        // nginx's notices only report its start.
        onLog: (text) => printError(text.replace(/^.*\[notice\].*\n/gm, '')),
        signal,
    })
}

function configOf(options: Options, storage: Storage['config'], port: number): ConfigOptions {
    const redirect = options.tlsCert === undefined ? {} : { httpListen: 'off' }
    // Against DNS rebinding: a web page whose host name resolves to the loopback must not read the index.
    const serverName = [...(options.serverName ?? []), 'localhost', '127.0.0.1']
    // Published packages have public dependencies: missing projects are redirected to PyPI.
    const fallback = options.fallback ?? (options.bucket === undefined ? true : undefined)
    const others = withoutFallback(options)
    return {
        ...redirect,
        ...others,
        ...(fallback ? { fallback } : {}),
        ...storage,
        serverName,
        target: 'standalone',
        listen: [`127.0.0.1:${port}`],
    }
}

function withoutFallback(options: Options): Omit<Options, 'fallback'> {
    const others = { ...options }
    delete others.fallback
    return others
}

/**
 * Installs Python if it is missing. Only the printed commands need it, so a failure is only reported.
 *
 * @returns the Python for `--python` in the printed command, if one is needed
 */
function offerPython(): string | undefined {
    try {
        ensurePython(say)
        return ensureBuilder(say)
    } catch (error) {
        if (!(error instanceof UserError)) throw error
        say(`${error.message}${error.cure === undefined ? '' : `:\n  ${error.cure}`}`)
        return undefined
    }
}

/** An existing bucket, and nginx's source of the credentials. */
interface BucketToServe {
    name: string
    credentials: CredentialsSettings
}

/** Checks the options before anything is started or installed. Throws UsageError. */
async function bucketToServe(options: Options, name: string, port: number): Promise<BucketToServe> {
    const nginxVersion = (await findNginx())?.version ?? defaultNginxVersions.docker
    const generated = takesUploads(options) ? { uploadHtpasswd: '/generated' } : {}
    const { credentials } = settingsOf({
        ...configOf({ ...options, ...generated }, { bucket: name }, port),
        nginxVersion,
    })
    return { name, credentials }
}

/** How long a credentials provider may take, in milliseconds. */
const patience = 15_000

/** Waits until nginx can read the bucket, so that the printed commands work. Throws UserError at the timeout. */
async function untilReady(url: string, milliseconds: number): Promise<void> {
    for (const deadline = Date.now() + milliseconds; !(await isReady(url)); await sleep(200)) {
        if (Date.now() < deadline) continue
        throw new UserError('nginx runs, but cannot read the bucket', 'Its messages above name the cause.')
    }
}

async function isReady(url: string): Promise<boolean> {
    // The certificate is not verified: only clients know whether they trust it.
    const asked = url.startsWith('https:')
        ? https.get(`${url}/-/readyz`, { rejectUnauthorized: false })
        : http.get(`${url}/-/readyz`)
    const [answer] = (await once(asked, 'response')) as [http.IncomingMessage]
    answer.resume()
    return answer.statusCode === 200
}

await runProgram(program)
