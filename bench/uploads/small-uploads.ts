import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { mapParallel } from '../../core/parallel.js'
import { bucketName, clientEnvironment } from '../embedded-s3.js'
import type { JsEngine, NginxInstallation } from '../measured-nginx.js'
import { inTemporaryFolder, type RunContext } from '../measurement.js'
import { pypironAuthorization, pypironServer } from '../servers/pypiron.js'
import { treeMicroseconds } from '../servers/programs.js'
import { smallWheel } from '../wheels.js'
import { startMeasuredIndex } from './measured-index.js'
import { authorization, send, uploadOf, type Upload } from './uploads.js'

/** Uploads of wheels of 1 kB into one project, one after another or several at once. */
export interface SmallUploads {
    by: string
    atOnce: number
    perSecond: number
    /** CPU time of the server for an upload, or of the publisher. Milliseconds. */
    milliseconds: number
    /** Why it was not measured. */
    missing?: string
}

const count = 40

/** Compares small uploads through nginx with publish-package and with pypiron. */
export async function measureSmallUploads(
    nginx: NginxInstallation,
    engine: JsEngine,
    { signal, onProgress }: RunContext,
): Promise<SmallUploads[]> {
    return inTemporaryFolder('small', async (folder) => {
        const results: SmallUploads[] = []
        const index = await startMeasuredIndex(nginx, engine, folder)
        try {
            for (const atOnce of [1, 4]) {
                onProgress(`${nginx.name}, ${engine}: ${atOnce} small uploads at once`)
                const wheels = await makeWheels(folder, `nginx-${atOnce}`, count)
                results.push({
                    by: `nginx ${nginx.name}, ${engine}`,
                    atOnce,
                    ...(await timed(index.worker, wheels, atOnce, (wheel) =>
                        send(index.uploadUrl, wheel, { authorization, signal }),
                    )),
                })
            }
            onProgress('publish-package')
            const environment = { ...process.env, ...clientEnvironment, AWS_ENDPOINT_URL: index.storage.endpoint }
            const program = fileURLToPath(new URL('../../scripts/publish-package.js', import.meta.url))
            const wheels = await makeWheels(folder, 'publisher', 5)
            const publish = (wheel: Upload) =>
                promisify(execFile)(process.execPath, [program, bucketName, wheel.path], { env: environment, signal })
            results.push({
                by: 'publish-package, its start included',
                atOnce: 1,
                ...(await timed(process.pid, wheels, 1, publish)),
            })
        } finally {
            await index.stop()
        }
        results.push(...(await pypironUploads(folder, { signal, onProgress })))
        return results
    })
}

async function pypironUploads(folder: string, { signal, onProgress }: RunContext): Promise<SmallUploads[]> {
    const pypiron = pypironServer()
    onProgress(pypiron.name)
    const own = path.join(folder, 'pypiron')
    await mkdir(own)
    try {
        const server = await pypiron.start({ folder: own, wheels: [], signal })
        try {
            const results: SmallUploads[] = []
            const url = server.index.replace(/simple\/$/, 'legacy/')
            for (const atOnce of [1, 4]) {
                const wheels = await makeWheels(own, `pypiron-${atOnce}`, count)
                const options = { authorization: pypironAuthorization, signal }
                const cost = await timed(server.pid, wheels, atOnce, (wheel) => send(url, wheel, options))
                results.push({ by: `${pypiron.name}, into a folder`, atOnce, ...cost })
            }
            return results
        } finally {
            await server.stop()
        }
    } catch (error) {
        signal.throwIfAborted()
        return [{ by: pypiron.name, atOnce: 1, perSecond: NaN, milliseconds: NaN, missing: (error as Error).message }]
    }
}

/** @param pid of the server, with its children */
async function timed(
    pid: number,
    wheels: readonly Upload[],
    atOnce: number,
    upload: (wheel: Upload) => Promise<unknown>,
) {
    // The first one makes the project.
    await upload(wheels[0]!)
    const rest = wheels.slice(1)
    const [cpu, began] = [treeMicroseconds(pid), performance.now()]
    await mapParallel([...rest], atOnce, upload)
    const seconds = (performance.now() - began) / 1000
    return { perSecond: rest.length / seconds, milliseconds: (treeMicroseconds(pid) - cpu) / 1000 / rest.length }
}

async function makeWheels(folder: string, project: string, count: number): Promise<Upload[]> {
    return Promise.all(
        Array.from({ length: count }, async (_, number) => {
            const { filename, bytes } = await smallWheel(project, `1.${number}`)
            const file = path.join(folder, filename)
            await writeFile(file, bytes)
            return uploadOf(file)
        }),
    )
}
