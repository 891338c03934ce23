import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { openBucket } from '../../scripts/s3/bucket.js'
import { access, clientEnvironment, startEmbeddedS3 } from '../embedded-s3.js'
import type { Course } from '../course.js'
import type { Extent } from '../request-cost/measure.js'
import { spreadOf } from '../quantiles.js'
import { writeWheel } from '../wheel-file.js'
import { startCountingProxy, type CountingProxy } from './counting-proxy.js'
import { installPrograms, runProgram } from './python-program.js'
import type { Missing, PublisherCost } from './report.js'

/** A program that uploads wheels into a bucket. */
interface Publisher {
    /** With its version. */
    name: string
    /** The command, before the wheels. */
    command(bucket: string, endpoint: string, signal: AbortSignal): Promise<[string, ...string[]]>
}

const version = '2.0.1'

const publishers: readonly Publisher[] = [
    {
        name: 'nginx-s3-pypi',
        async command(bucket) {
            const program = fileURLToPath(new URL('../../scripts/publish-package.js', import.meta.url))
            return [process.execPath, program, bucket]
        },
    },
    {
        // https://github.com/gorilla-co/s3pypi
        name: `s3pypi ${version}`,
        async command(bucket, endpoint, signal) {
            const programs = await installPrograms([`s3pypi==${version}`], signal)
            // Pages as objects that an S3 behind a web server can answer with.
            const options = ['--bucket', bucket, '--s3-endpoint-url', endpoint, '--index.html']
            return [path.join(programs, 's3pypi'), 'upload', ...options]
        },
    },
]

/** How many files a project has before one more is uploaded. */
const sizes = [1, 500]

/**
 * Measures what it takes to upload one wheel, the start of the program included, to the embedded S3 server. A publisher
 * that cannot be installed or run is left out, with the reason.
 *
 * @param folder of theirs, which is removed afterwards
 */
export async function measurePublishers(
    folder: string,
    extent: Extent,
    course: Course,
): Promise<{ publishers: PublisherCost[]; missing: Missing[] }> {
    const costs: PublisherCost[] = []
    const missing: Missing[] = []
    const server = await startEmbeddedS3(path.join(folder, 'storage'))
    const proxy = await startCountingProxy(server.endpoint)
    try {
        for (const [index, publisher] of publishers.entries()) {
            course.onProgress(`${publisher.name}: uploads`)
            try {
                for (const files of sizes) {
                    const own = path.join(folder, `${index}-${files}`)
                    await mkdir(own)
                    const cost = await measureUploads(
                        publisher,
                        `bench-${index}-${files}`,
                        files,
                        own,
                        proxy,
                        extent,
                        course,
                    )
                    costs.push(cost)
                }
            } catch (error) {
                course.signal.throwIfAborted()
                missing.push({ name: publisher.name, reason: (error as Error).message })
            }
        }
        return { publishers: costs, missing }
    } finally {
        await proxy.close()
        await server.close()
    }
}

async function measureUploads(
    { name, command }: Publisher,
    bucketName: string,
    files: number,
    folder: string,
    proxy: CountingProxy,
    extent: Extent,
    { signal }: Course,
): Promise<PublisherCost> {
    const { endpoint: endpointUrl } = proxy
    await openBucket({ bucket: bucketName, endpointUrl, ...access }).create()
    const [program, ...words] = await command(bucketName, endpointUrl, signal)
    const environment = { ...clientEnvironment, AWS_ENDPOINT_URL: endpointUrl }
    const upload = (wheels: string[]) => runProgram(program, [...words, ...wheels], environment, signal)
    const newWheel = (number: number) => writeWheel(folder, 'demo', `1.${number}`, 600)
    const before: string[] = []
    for (let number = 0; number < files; number++) before.push(await newWheel(number))
    await upload(before)
    const seconds: number[] = []
    let requests = 0
    for (let round = 0; round < extent.rounds; round++) {
        const wheel = await newWheel(files + round)
        proxy.requests = 0
        const begin = performance.now()
        await upload([wheel])
        seconds.push((performance.now() - begin) / 1000)
        requests = proxy.requests
    }
    return { publisher: name, files, seconds: spreadOf(seconds), requests }
}
