import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFaultProxy, type Fate, type FaultProxy, type ProxiedRequest } from '../support/upstreams/fault-proxy.js'
import { startOverlookingProxy } from '../support/upstreams/overlooking-proxy.js'
import { brokenPromises, filesOf } from '../support/index/pages.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3, uniqueBucket, type S3Server } from '../support/s3/s3-servers.js'
import { bucketAt, environmentOf, newBucket } from '../support/s3/test-bucket.js'
import { makeWheel, sdistFile, wheelFile, writeDistributions } from '../support/distributions/distributions.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

let server: S3Server
let wheel: string
beforeAll(async () => {
    server = await startS3('embedded')
    wheel = await wheelFile({ name: 'acme', version: '1.0' })
})
afterAll(() => server.close())

const publishWith = (words: string[], env: NodeJS.ProcessEnv = {}) =>
    runProgram('publish-package', words, { environment: { ...environmentOf(server), ...env } })

/** One line that names the cause, and the cure below it: no stack of the program. */
function expectUserError(stderr: string, message: string | RegExp): void {
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^publish-package: /)
    expect(stderr).not.toMatch(/\n\s+at .*[:(]/)
    expect(stderr).not.toContain(server.secretAccessKey)
}

test.each<[string, (name: string) => [string[], NodeJS.ProcessEnv], string | RegExp]>([
    [
        'no credentials',
        (name) => [
            [name, wheel],
            { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, HOME: '/nonexistent' },
        ],
        'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    ],
    [
        'a wrong secret',
        (name) => [[name, wheel], { AWS_SECRET_ACCESS_KEY: 'wrong' }],
        'refuses the credentials (SignatureDoesNotMatch)',
    ],
    [
        'an unknown key',
        (name) => [[name, wheel], { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN' }],
        'refuses the credentials (InvalidAccessKeyId)',
    ],
    ['a profile that does not exist', (name) => [[name, wheel, '--profile', 'nobody'], {}], 'profile: [nobody]'],
    [
        'a bucket that does not exist',
        () => [[uniqueBucket(), wheel], {}],
        /the bucket \S+ does not exist on .*\n {2}Create it: aws s3 mb s3:/,
    ],
    [
        'another region',
        (name) => [[name, wheel, '--region', 'eu-south-9'], {}],
        /not in the region eu-south-9\n {2}Use --region us-east-1/,
    ],
    [
        'an endpoint where nobody listens',
        (name) => [[name, wheel, '--endpoint-url', 'http://127.0.0.1:1'], {}],
        'cannot be reached (ECONNREFUSED)',
    ],
    [
        'a host that does not exist',
        (name) => [[name, wheel, '--endpoint-url', 'http://s3.invalid'], {}],
        /cannot be reached \((?:ENOTFOUND|EAI_AGAIN)\)/,
    ],
    [
        'https where there is none',
        (name) => [[name, wheel, '--endpoint-url', server.endpoint.replace('http', 'https')], {}],
        'does not speak TLS',
    ],
    [
        'a file that does not exist',
        (name) => [[name, 'nowhere/acme-1.0.tar.gz'], {}],
        'nowhere/acme-1.0.tar.gz cannot be read (ENOENT)',
    ],
    [
        'a folder without a project',
        (name) => [[name, '/usr/bin'], {}],
        '/usr/bin has neither pyproject.toml nor setup.py',
    ],
    ['a folder without a dist/', (name) => [[name, '/usr', '--no-build'], {}], '/usr/dist cannot be read (ENOENT)'],
])('status 1 and one line: %s', async (_name, make, message) => {
    const bucket = await newBucket(server)
    const started = performance.now()
    const { status, stderr, stdout } = await publishWith(...make(bucket.name))
    expectUserError(stderr, message)
    expect(status).toBe(1)
    expect(stdout).toBe('')
    // A wrong address is not tried again and again.
    expect(performance.now() - started).toBeLessThan(20_000)
    expect(await keys(bucket)).toEqual([])
})

test.each([
    ['no bucket', []],
    ['a bucket that breaks the rules', ['My_Bucket']],
    ['an option that does not exist', ['my-pypi', '--force']],
    ['an endpoint with a path', ['my-pypi', '--endpoint-url', 'http://127.0.0.1/path']],
    ['a prefix that leads out', ['my-pypi', '--prefix', '../other']],
])('status 2: %s', async (_name, words) => {
    const { status, stderr } = await publishWith(words)
    expect(stderr).not.toMatch(/\n\s+at .*[:(]/)
    expect(status).toBe(2)
})

test('an empty dist/ is one line', async () => {
    const folder = await temporaryFolder()
    const { status, stderr } = await publishWith(['my-pypi', '--no-build', folder])
    expectUserError(stderr, `${folder}/dist`)
    expect(status).toBe(1)
})

test('one broken file of a release, and nothing is uploaded', async () => {
    const bucket = await newBucket(server)
    const broken = await writeDistributions({ filename: 'acme-1.0.tar.gz', bytes: Buffer.from('x') })
    const { status, stderr } = await publishWith([bucket.name, wheel, ...broken])
    expectUserError(stderr, 'acme-1.0.tar.gz: it is not a whole .tar.gz archive')
    expect(status).toBe(1)
    expect(await keys(bucket)).toEqual([])
})

test('the same bytes are a success, other bytes are not, and no other file of the release is uploaded', async () => {
    const bucket = await newBucket(server)
    expect((await publishWith([bucket.name, wheel])).stdout).toBe(
        'acme 1.0: acme-1.0-py3-none-any.whl (887 B) uploaded\n',
    )
    expect((await publishWith([bucket.name, wheel])).stdout).toBe(
        'acme 1.0: acme-1.0-py3-none-any.whl (887 B) present\n',
    )

    const other = await wheelFile({ name: 'acme', version: '1.0', summary: 'other' })
    const sdist = await sdistFile({ name: 'acme', version: '1.0' })
    const { status, stderr } = await publishWith([bucket.name, other, sdist])
    expectUserError(stderr, 'File already exists: acme-1.0-py3-none-any.whl, with different content')
    expect(status).toBe(1)
    expect(await filesOf(bucket, 'acme')).toEqual(['acme-1.0-py3-none-any.whl'])
    expect(await keys(bucket)).not.toContain('acme/acme-1.0.tar.gz')

    const forced = await publishWith([bucket.name, other, sdist, '--overwrite', '--json'])
    expect((JSON.parse(forced.stdout) as { files: unknown }).files).toMatchObject([
        { filename: 'acme-1.0-py3-none-any.whl', status: 'overwritten' },
        { filename: 'acme-1.0.tar.gz', status: 'uploaded' },
    ])
    expect(await brokenPromises(bucket)).toEqual([])
})

test('a dry run says what it would do and writes nothing', async () => {
    const bucket = await newBucket(server)
    const { status, stdout } = await publishWith([bucket.name, wheel, '--dry-run', '--json'])
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ dryRun: true, files: [{ status: 'uploaded' }] })
    expect(await keys(bucket)).toEqual([])
})

test('a file that waits on no page is told from one that is published', async () => {
    const bucket = await newBucket(server)
    await bucket.write('acme/acme-1.0-py3-none-any.whl', Buffer.from('interrupted'), {
        contentType: 'application/zip',
        cacheControl: '',
    })
    const { stderr } = await publishWith([bucket.name, wheel])
    expectUserError(stderr, `manage-index rebuild ${bucket.name} acme`)
})

const refuse = (status: number, code: string) => (request: ProxiedRequest) =>
    request.method === 'PUT' ? ({ status, code } as const) : 'pass'

test.each<[string, (request: ProxiedRequest) => Fate, string]>([
    ['a bucket that is read-only', refuse(403, 'AccessDenied'), 'denies access to acme/index.json'],
    ['credentials that end meanwhile', refuse(400, 'ExpiredToken'), 'the session credentials have expired'],
    ['a connection that is cut for good', () => 'cut', 'failed on acme/index.json'],
])('status 1 and one line, after what is tried again: %s', { timeout: 120_000 }, async (_name, decide, message) => {
    const bucket = await newBucket(server)
    await withProxy(decide, async (proxy) => {
        const { status, stderr } = await publishWith([bucket.name, wheel], { AWS_ENDPOINT_URL: proxy.endpoint })
        expectUserError(stderr, message)
        expect(status).toBe(1)
    })
    expect(await keys(bucket)).toEqual([])
})

test.each([
    ['now and then is tried again', 2, 0],
    ['for good is an error', Infinity, 1],
])('409 %s: versitygw answers it while it deletes an empty folder', async (_name, refusals, expected) => {
    const bucket = await newBucket(server)
    let left = refusals
    const decide = ({ method, url }: ProxiedRequest): Fate =>
        method === 'PUT' && url.includes('/-/unlisted/acme') && left-- > 0
            ? { status: 409, code: 'ExistingObjectIsDirectory' }
            : 'pass'
    await withProxy(decide, async (proxy) => {
        const { status, stderr } = await publishWith([bucket.name, wheel], { AWS_ENDPOINT_URL: proxy.endpoint })
        expect(status).toBe(expected)
        if (expected === 1) expectUserError(stderr, 'failed on -/unlisted/acme (409 ExistingObjectIsDirectory')
    })
    if (expected === 0) expect(await filesOf(bucket, 'acme')).toHaveLength(1)
})

test('an S3 error is never an empty index', { timeout: 120_000 }, async () => {
    const bucket = await newBucket(server)
    await publishWith([bucket.name, wheel])
    const next = await wheelFile({ name: 'acme', version: '2.0' })
    const fates: [Fate, string][] = [
        ['500', 'failed on acme/index.json (500 InternalError'],
        [{ status: 403, code: 'AccessDenied' }, 'denies access to acme/index.json'],
        [{ status: 404, code: 'NoSuchBucket' }, 'does not exist'],
    ]
    for (const [fate, message] of fates) {
        const onPages = ({ method, url }: ProxiedRequest) =>
            method === 'GET' && url.includes('index.json') ? fate : 'pass'
        await withProxy(onPages, async (proxy) => {
            const { status, stderr } = await publishWith([bucket.name, next], { AWS_ENDPOINT_URL: proxy.endpoint })
            expectUserError(stderr, message)
            expect(status).toBe(1)
        })
        expect(await filesOf(bucket, 'acme')).toEqual(['acme-1.0-py3-none-any.whl'])
    }
})

test('a slow S3, and an upload cut in its middle, are waited for and repeated', async () => {
    const bucket = await newBucket(server)
    const { filename, bytes } = makeWheel({ name: 'acme', version: '3.0', ballast: 3_000_000 })
    const [big] = await writeDistributions({ filename, bytes })
    let cut = 0
    const decide = async ({ method, url }: ProxiedRequest): Promise<Fate> => {
        await sleep(100)
        return method === 'PUT' && url.includes('.whl') && cut++ < 3 ? 'cut upload' : 'pass'
    }
    await withProxy(decide, async (proxy) => {
        const { status, stderr } = await publishWith([bucket.name, big!], { AWS_ENDPOINT_URL: proxy.endpoint })
        expect([status, stderr]).toEqual([0, ''])
    })
    expect(cut).toBeGreaterThan(3)
    expect((await bucket.get(`acme/${filename}`))!.body.equals(bytes)).toBe(true)
    expect(await brokenPromises(bucket)).toEqual([])
})

test('what is not an S3 server is said to be none', async () => {
    const web = createServer((_request, response) => response.writeHead(200).end('<html><body>Welcome</body></html>'))
    await new Promise<void>((listening) => web.listen(0, '127.0.0.1', listening))
    const { status, stderr } = await publishWith(['my-pypi', wheel], { AWS_ENDPOINT_URL: urlOf(web) })
    web.closeAllConnections()
    web.close()
    expect(status).toBe(1)
    expect(stderr).not.toMatch(/\n\s+at .*[:(]/)
})

test('a server that overlooks conditions is found out, and publishers still lose nothing', async () => {
    const bucket = await newBucket(server)
    const overlooking = await startOverlookingProxy(server)
    try {
        const files = await Promise.all([1, 2, 3, 4, 5].map((n) => wheelFile({ name: 'acme', version: `1.${n}` })))
        const results = await Promise.all(
            files.map((file) => publishWith([bucket.name, file], { AWS_ENDPOINT_URL: overlooking.endpoint })),
        )
        // Whose entry another has written meanwhile writes nothing, and finds out nothing.
        const warning = /^(?:publish-package: this S3 server has no conditional writes: .*\n)?$/
        for (const { status, stderr } of results) expect([status, stderr]).toEqual([0, expect.stringMatching(warning)])
        expect(results.some(({ stderr }) => stderr !== '')).toBe(true)
    } finally {
        await overlooking.close()
    }
    expect(await filesOf(bucket, 'acme')).toHaveLength(5)
})

async function withProxy(
    decide: (request: ProxiedRequest) => Fate | Promise<Fate>,
    body: (proxy: FaultProxy) => Promise<void>,
) {
    const proxy = await startFaultProxy(server.endpoint, decide)
    try {
        await body(proxy)
    } finally {
        await proxy.close()
    }
}

async function keys(bucket: ReturnType<typeof bucketAt>): Promise<string[]> {
    const found: string[] = []
    for await (const { key } of bucket.list()) found.push(key)
    return found
}

function urlOf(server: Server): string {
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
