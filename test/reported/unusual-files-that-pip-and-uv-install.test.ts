/**
 * Reported: files of others, which pip and uv install, could not be published: "build it again", no way around.
 * Source: review of November 2026 (U5).
 * Right: --accept-unusual takes what both install, from a real index; what one of them does not install is refused. Files that
 * are in the bucket already are indexed by `rebuild`, with a warning.
 */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readDistribution } from '../../scripts/distribution/read-distribution.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { oddSdist, oddSdists } from '../support/distributions/odd-sdists.js'
import { oddWheel, oddWheels } from '../support/distributions/odd-wheels.js'
import { environmentWith, missingFor } from '../support/python/python-clients.js'
import { describeWhere, missingNginx } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { environmentOf, newBucket } from '../support/s3/test-bucket.js'
import { writeDistributions } from '../support/distributions/distributions.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

const requirements = ['uv', 'pip==26.*', 'setuptools', 'wheel']

interface Case {
    title: string
    project: string
    filename: string
    bytes: Buffer
    file: string
    verdict: 'fine' | 'unusual' | 'refused'
    warning: string
}

/** Not for the Python that installs here, or refused for what another system or a later version makes of it. */
const notHere = [
    'zstd members, for Python 3.14',
    'zstd members, by Requires-Python for Python 3.14',
    'Requires-Python ===3',
    'METADATA with Requires-Python behind a line that is no field',
    'METADATA with a broken Requires-Dist',
    'another name in a Unicode Path',
    'a name that leads out and in',
    'a name that leads out on Windows',
    'a name on a drive',
    'a link to nothing',
    'something behind the gzip',
]

async function cases(): Promise<Case[]> {
    const made = [
        ...Object.entries(oddWheels).map(([title, make], n) => ({ title, ...oddWheel(`odd-${n}`, make(`odd-${n}`)) })),
        ...(await Promise.all(
            Object.entries(oddSdists).map(async ([title, odd], n) => ({
                title,
                ...(await oddSdist(`odd-sdist-${n}`, odd)),
            })),
        )),
    ]
    return Promise.all(
        made.map(async ({ title, filename, bytes }) => {
            const [file] = await writeDistributions({ filename, bytes })
            const project = filename.replace(/-1\.0[-.].*$/, '').replaceAll('_', '-')
            const read = await readDistribution(file!, { acceptUnusual: true }).catch((error: Error) => error)
            const oddities = read instanceof Error ? [read.message] : read.oddities
            const verdict = read instanceof Error ? 'refused' : oddities.length > 0 ? 'unusual' : 'fine'
            return { title, project, filename, bytes, file: file!, verdict, warning: oddities[0] ?? '' }
        }),
    )
}

describeWhere('what pip and uv install', missingNginx() ?? missingFor(requirements), () => {
    let server: S3Server
    let bucket: Bucket
    let index: Index
    let python: string
    let all: Case[]

    beforeAll(async () => {
        server = await startS3('embedded')
        bucket = await newBucket(server)
        const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = environmentOf(server) as Record<string, string>
        const environment = { AWS_ACCESS_KEY_ID: AWS_ACCESS_KEY_ID!, AWS_SECRET_ACCESS_KEY: AWS_SECRET_ACCESS_KEY! }
        index = await startIndex({ bucket: bucket.name, endpointUrl: server.endpoint, environment })
        python = await environmentWith(requirements)
        all = (await cases()).filter(({ title }) => !notHere.includes(title))
    }, 300_000)
    afterAll(async () => {
        await index.stop()
        await server.close()
    })

    const publish = (words: string[]) =>
        runProgram('publish-package', [bucket.name, ...words], { environment: environmentOf(server) })

    /** Installs with pip and with uv. @returns the names of those that cannot */
    async function failures(project: string): Promise<string[]> {
        const folder = await temporaryFolder()
        const from = ['--no-deps', '--no-build-isolation', '--index-url', `${index.url}/simple/`, project]
        const clients: [string, string, string[]][] = [
            ['pip', python, ['-m', 'pip', 'install', '--no-cache-dir', '--disable-pip-version-check', '--target']],
            [
                'uv',
                path.join(path.dirname(python), 'uv'),
                ['pip', 'install', '--no-cache', '--python', python, '--target'],
            ],
        ]
        const environment = { PATH: process.env.PATH, HOME: folder, PIP_CONFIG_FILE: '/dev/null', UV_NO_CONFIG: '1' }
        const failed: string[] = []
        for (const [name, program, words] of clients) {
            const options = { env: { ...environment, LC_ALL: 'C.UTF-8' }, timeout: 60_000 }
            await promisify(execFile)(program, [...words, path.join(folder, name), ...from], options).catch(() =>
                failed.push(name),
            )
        }
        return failed
    }

    /** A few at a time: each starts programs. */
    async function failuresOfEach(these: Case[]): Promise<Record<string, string[]>> {
        const queue = [...these]
        const found: Record<string, string[]> = {}
        const work = async () => {
            for (let next = queue.shift(); next; next = queue.shift()) found[next.title] = await failures(next.project)
        }
        await Promise.all([work(), work(), work()])
        return found
    }

    test('what is accepted is installed by both', { timeout: 600_000 }, async () => {
        const accepted = all.filter(({ verdict }) => verdict !== 'refused')
        const unusual = all.filter(({ verdict }) => verdict === 'unusual')
        expect(unusual.length).toBeGreaterThan(20)

        const plain = await publish(unusual.slice(0, 1).map(({ file }) => file))
        expect(plain.status).toBe(1)
        expect(plain.stderr).toContain('--accept-unusual')

        const { status, stderr } = await publish([...accepted.map(({ file }) => file), '--accept-unusual'])
        expect(status).toBe(0)
        for (const { filename, warning } of unusual) {
            expect(stderr).toContain(`publish-package: ${filename}: ${warning}; accepted because of --accept-unusual\n`)
        }
        const found = await failuresOfEach(accepted)
        expect(found).toEqual(Object.fromEntries(accepted.map(({ title }) => [title, []])))
    })

    test('what is refused one of them does not install, though rebuild takes it', { timeout: 600_000 }, async () => {
        const refused = all.filter(({ verdict }) => verdict === 'refused')
        expect(refused.length).toBeGreaterThan(20)
        for (const { project, filename, bytes } of refused) {
            await bucket.write(`${project}/${filename}`, bytes, { contentType: 'application/zip', cacheControl: '' })
        }
        const warnings: string[] = []
        const report = await rebuild(new PackageIndex(bucket), { warn: (message) => warnings.push(message) })
        expect(report.listed).toEqual(expect.arrayContaining(refused.map(({ project }) => project)))
        for (const { warning } of refused) expect(warnings.join('\n')).toContain(warning)
        for (const [title, failed] of Object.entries(await failuresOfEach(refused))) {
            expect(failed, title).not.toEqual([])
        }
    })

    test('what is unusual is indexed with its metadata by rebuild, and a warning', async () => {
        const other = await newBucket(server)
        const { filename, bytes, warning } = all.find(({ title }) => title === 'trailing NULs')!
        await other.write(`odd-1/${filename}`, bytes, { contentType: 'application/zip', cacheControl: '' })
        const warnings: string[] = []
        await rebuild(new PackageIndex(other), { warn: (message) => warnings.push(message) })
        expect(warnings).toEqual([`${filename}: ${warning}`])
        expect(await other.head(`odd-1/${filename}.metadata`)).toBeDefined()
    })
})
