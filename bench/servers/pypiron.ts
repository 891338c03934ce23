import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { freePort } from '../../scripts/nginx/free-port.js'
import { mapParallel } from '../../core/parallel.js'
import { bucketName, clientEnvironment, startEmbeddedBucket } from '../embedded-s3.js'
import { stopAll } from '../measured-nginx.js'
import type { PackageServer } from './package-servers.js'
import { installPrograms, startServer } from './programs.js'

const version = '0.0.29'
const password = 'of-no-account'

/** The header of uploads. */
export const pypironAuthorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`

/**
 * A Rust program that serves a folder or a bucket. Pages are kept in memory, compressed.
 *
 * @param delivery files of the embedded S3 server pass through pypiron, or clients fetch them from there by presigned URLs;
 *   by default it serves a folder
 * @see https://github.com/blackthorn-interstellar/pypiron
 */
export function pypironServer(delivery?: 'stream' | 'redirect'): PackageServer {
    const ways = { stream: ', S3, streamed', redirect: ', S3, redirected' }
    return {
        name: `pypiron ${version}${delivery === undefined ? '' : ways[delivery]}`,
        redirects: delivery === 'redirect',
        async start({ folder, wheels, signal }) {
            const programs = await installPrograms([`pypiron==${version}`], signal)
            const storage =
                delivery === undefined ? undefined : (await startEmbeddedBucket(path.join(folder, 's3'))).server
            const ends = storage === undefined ? [] : [{ stop: () => storage.close() }]
            const address = `127.0.0.1:${await freePort()}`
            const url = `http://${address}`
            const command = [
                path.join(programs, 'pypiron'),
                'serve',
                ...['--bind-addr', address],
                // Without a feed it does not download a list of malicious packages.
                ...['--advisory-feed', ''],
                ...(storage === undefined
                    ? ['--data-dir', path.join(folder, 'data')]
                    : ['--buckets', `s3://${bucketName}`, '--s3-endpoint-url', storage.endpoint]),
                ...(delivery === undefined ? [] : ['--s3-force-path-style', '--artifact-delivery', delivery]),
            ] as const
            const environment = { ...clientEnvironment, PYPIRON_ADMIN_PASS: password }
            const log = path.join(folder, 'log')
            const start = () => startServer(command, environment, log, `${url}/health`, signal)
            try {
                const uploading = await start()
                try {
                    await mapParallel([...wheels], 4, (wheel) => upload(`${url}/legacy/`, wheel))
                } finally {
                    await uploading.stop()
                }
                // After thousands of uploads its page can lack the last ones for minutes; a start completes it.
                const server = await start()
                return { pid: server.pid, index: `${url}/simple/`, stop: () => stopAll([server, ...ends]) }
            } catch (error) {
                await stopAll(ends)
                throw error
            }
        },
    }
}

/** Uploads a wheel as twine does. @see https://docs.pypi.org/api/upload/ */
async function upload(url: string, wheel: string): Promise<void> {
    const content = await readFile(wheel)
    const [name, wheelVersion] = path.basename(wheel).split('-') as [string, string]
    const form = new FormData()
    const fields = {
        ':action': 'file_upload',
        protocol_version: '1',
        metadata_version: '2.1',
        filetype: 'bdist_wheel',
        pyversion: 'py3',
        requires_python: '>=3.8',
        name,
        version: wheelVersion,
        sha256_digest: createHash('sha256').update(content).digest('hex'),
    }
    for (const [field, value] of Object.entries(fields)) form.set(field, value)
    form.set('content', new Blob([content]), path.basename(wheel))
    const answer = await fetch(url, { method: 'POST', headers: { authorization: pypironAuthorization }, body: form })
    if (!answer.ok) throw new Error(`it answers an upload with ${answer.status}: ${await answer.text()}`)
    await answer.arrayBuffer()
}
