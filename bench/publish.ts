import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { emptyPage, withFiles, type FileEntry } from '../core/project-page.js'
import { createProgram, runProgram } from '../scripts/cli/program.js'
import { factsMetadata, uploadTimeOf } from '../core/index/object-facts.js'
import { projectPages } from '../scripts/index/stored/pages.js'
import { compressPage } from '../scripts/index/stored/stored-page.js'
import { fileHeaders, jsonHeaders, metadataHeaders } from '../core/index/stored-headers.js'
import { table } from '../scripts/manage/table.js'
import { openBucket, type Bucket } from '../scripts/s3/bucket.js'
import { mapParallel } from '../core/parallel.js'
import { access, clientEnvironment, startEmbeddedS3 } from './embedded-s3.js'
import { inTemporaryFolder } from './measurement.js'
import type { TaskCost } from './publish-task.js'
import { writeWheel } from './wheels.js'

interface Options {
    endpointUrl?: string
    files: number
    projects: number
    megabytes: number
    json?: true
}

const program = createProgram(
    'bench/publish',
    'Measures what publishing and rebuilding cost, in requests, CPU time and memory.',
)
    .option('--endpoint-url <url>', 'an S3 server, with its credentials in the environment (default: the embedded one)')
    .option('--files <number>', 'files of the large project', Number, 5000)
    .option('--projects <number>', 'projects of the index that is rebuilt, of ten files each', Number, 1000)
    .option('--megabytes <number>', 'size of the large wheel', Number, 500)
    .option('--json', 'print the result for a machine')
    .action((options: Options) => inTemporaryFolder('publish', (folder) => bench(options, folder)))

async function bench(options: Options, folder: string): Promise<void> {
    const server = options.endpointUrl ? undefined : await startEmbeddedS3(join(folder, 's3'))
    try {
        const endpointUrl = options.endpointUrl ?? server!.endpoint
        const costs = await measure(options, folder, endpointUrl, server !== undefined)
        process.stdout.write(options.json ? JSON.stringify(costs, null, 2) + '\n' : describe(costs))
    } finally {
        await server?.close()
    }
}

async function measure(options: Options, folder: string, endpointUrl: string, isEmbedded: boolean) {
    const own = isEmbedded ? access : {}
    const environment = isEmbedded ? clientEnvironment : {}
    const run = async (task: string, bucket: string, ...files: string[]): Promise<TaskCost> => {
        const program = fileURLToPath(new URL('publish-task.js', import.meta.url))
        const env = { ...process.env, ...environment, AWS_ENDPOINT_URL: endpointUrl }
        const { stdout } = await promisify(execFile)(process.execPath, [program, task, bucket, ...files], { env })
        return JSON.parse(stdout) as TaskCost
    }
    const newBucket = async (purpose: string) => {
        const bucket = openBucket({ bucket: `bench-${purpose}-${Date.now().toString(36)}`, endpointUrl, ...own })
        await bucket.create()
        return bucket
    }
    const costs: Record<string, TaskCost> = {}

    const large = await newBucket('large')
    await fillPage(large, 'large', options.files)
    await run('publish', large.name, await writeWheel(folder, 'small', '1.0', 1000))
    costs['a wheel into a project of 1 file'] = await run(
        'publish',
        large.name,
        await writeWheel(folder, 'small', '2.0', 1000),
    )
    await run('publish', large.name, await writeWheel(folder, 'large', '1.0', 1000))
    const wheel = await writeWheel(folder, 'large', '2.0', 1000)
    costs[`a wheel into a project of ${options.files} files`] = await run('publish', large.name, wheel)

    const heavy = await writeWheel(folder, 'heavy', '1.0', options.megabytes * 1e6)
    costs[`a wheel of ${options.megabytes} MB`] = await run('publish', (await newBucket('heavy')).name, heavy)
    await rm(heavy)

    const many = await newBucket('many')
    await fillProjects(many, options.projects, 10)
    const title = `rebuild of ${options.projects} projects with ${options.projects * 10} files`
    costs[`${title}, pages lost`] = await run('rebuild', many.name)
    costs[`${title}, nothing wrong`] = await run('rebuild', many.name)
    return costs
}

function describe(costs: Record<string, TaskCost>): string {
    const rows = Object.entries(costs).map(([name, { requests, cpu, seconds, memory }]) => [
        name,
        String(requests),
        `${cpu.toFixed(2)} s`,
        `${seconds.toFixed(2)} s`,
        `${memory.toFixed(0)} MB`,
    ])
    return table([['', 'S3 REQUESTS', 'CPU TIME', 'WALL TIME', 'MEMORY'], ...rows])
}

const uploaded = uploadTimeOf(new Date('2026-01-02T03:04:05Z'))

/** Writes the page of a project with many files. The files do not exist: the publisher does not read them. */
async function fillPage(bucket: Bucket, project: string, files: number): Promise<void> {
    const pages = projectPages(project)
    const entries = Array.from({ length: files }, (_, number): FileEntry => {
        const hash = (text: string) => createHash('sha256').update(`${text}${number}`).digest('hex')
        return {
            filename: `${project}-0.${number}-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`,
            sha256: hash('file'),
            size: 1000 + number,
            uploadTime: uploaded,
            requiresPython: '>=3.8',
            coreMetadata: { sha256: hash('metadata') },
        }
    })
    await bucket.write(pages.jsonKey, compressPage(pages.toJson(withFiles(emptyPage(project), entries))), jsonHeaders)
}

/** Uploads the wheels of many projects as the publisher does, but no pages. */
async function fillProjects(bucket: Bucket, projects: number, filesOfEach: number): Promise<void> {
    const numbers = Array.from({ length: projects * filesOfEach }, (_, number) => number)
    await mapParallel(numbers, 32, async (number) => {
        const project = `project-${number % projects}`
        const filename = `${project.replace('-', '_')}-1.${Math.floor(number / projects)}-py3-none-any.whl`
        const body = Buffer.from(filename)
        const digest = (algorithm: string) => createHash(algorithm).update(body).digest('hex')
        const coreMetadata = { sha256: digest('sha256'), md5: digest('md5') }
        const facts = { sha256: digest('sha256'), md5: digest('md5'), uploadTime: uploaded, coreMetadata }
        await bucket.write(`${project}/${filename}`, body, fileHeaders(filename, factsMetadata(facts)))
        await bucket.write(`${project}/${filename}.metadata`, body, metadataHeaders)
    })
}

await runProgram(program)
