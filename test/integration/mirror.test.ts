import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readFacts } from '../../core/index/object-facts.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { setStatus } from '../../scripts/manage/project-status.js'
import type { MirrorOptions } from '../../scripts/mirror/mirror.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { makeSdist, makeWheel, writeDistributions } from '../support/distributions/distributions.js'
import { pageText } from '../support/index/pages.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { locked, runMirror as run, withSource } from '../support/mirror/run-mirror.js'
import { runProgram } from '../support/programs/run-program.js'
import { offer, sha256Of, uploaded } from '../support/public/offered-files.js'
import { pypiFiles } from '../support/public/pypi-page.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { environmentOf, newBucket } from '../support/s3/test-bucket.js'
import { startPypi, type PypiServer } from '../support/upstreams/pypi-server.js'

let s3: S3Server
beforeAll(async () => {
    s3 = await startS3('embedded')
})
afterAll(() => s3.close())

const wheel = makeWheel({ name: 'acme', version: '1.0', requiresPython: '>=3.8' })
const wheel2 = makeWheel({ name: 'acme', version: '2.0' })

const world = (body: (pypi: PypiServer, bucket: Bucket) => Promise<void>) => withSource(s3, body)

const pageOf = async (bucket: Bucket) => JSON.parse((await pageText(bucket, 'acme/index.json'))!)

/** The keys of all objects. */
const keysOf = async (bucket: Bucket) => {
    const keys: string[] = []
    for await (const { key, etag } of bucket.list()) keys.push(`${key} ${etag}`)
    return keys
}

test('keeps upload times, yanks, Requires-Python, metadata and attestations', async () => {
    await world(async (pypi, bucket) => {
        const sdist = await makeSdist({
            name: 'acme',
            version: '1.0',
            metadata: 'Metadata-Version: 1.1\nName: acme\nVersion: 1.0\n',
        })
        const provenance = { version: 1, attestation_bundles: [{ publisher: {}, attestations: [attestation(wheel)] }] }
        pypi.files['provenance'] = JSON.stringify(provenance)
        offer(
            pypi,
            'acme',
            [
                { ...wheel, other: { yanked: 'loses data', provenance: `${pypi.endpoint}/packages/provenance` } },
                { ...sdist, other: { 'requires-python': '>=3.6' } },
                { filename: 'acme-1.0.win32.exe', bytes: Buffer.from('MZ') },
            ],
            { 'project-status': { status: 'deprecated', reason: 'use acme2' } },
        )
        const { statuses, problems, unsupported } = await run(bucket, pypi.url, ['Acme'])
        expect(problems).toEqual([])
        expect(statuses).toEqual([`${wheel.filename} copied`, `${sdist.filename} copied`])
        expect(unsupported).toEqual(['acme-1.0.win32.exe'])
        const { files, 'project-status': status } = await pageOf(bucket)
        expect(status).toEqual({ status: 'deprecated', reason: 'use acme2' })
        expect(files).toEqual([
            expect.objectContaining({
                filename: wheel.filename,
                'upload-time': uploaded,
                'requires-python': '>=3.8',
                yanked: 'loses data',
                hashes: { sha256: sha256Of(wheel.bytes) },
                provenance: `${wheel.filename}.provenance`,
                'core-metadata': { sha256: expect.any(String) },
            }),
            expect.objectContaining({ filename: sdist.filename, 'requires-python': '>=3.6', yanked: false }),
        ])
        const stored = await bucket.get(`acme/${wheel.filename}.provenance`)
        expect(stored!.body.toString()).toBe(JSON.stringify(provenance))
        expect(readFacts((await bucket.head(`acme/${wheel.filename}`))!.metadata)!.uploadedBy).toBe(
            `mirror of ${pypi.url}`,
        )
        for (const deep of [false, true]) expect((await verify(bucket, { deep })).problems).toEqual([])
        expect(JSON.parse((await pageText(bucket, 'index.json'))!).projects).toEqual([{ name: 'acme' }])
    })
})

test('again, it downloads nothing, copies what is new, and yanks what the source has yanked', async () => {
    await world(async (pypi, bucket) => {
        offer(pypi, 'acme', [wheel])
        await run(bucket, pypi.url, ['acme'])
        pypi.requests.length = 0
        offer(pypi, 'acme', [{ ...wheel, other: { yanked: true } }, wheel2])
        const again = await run(bucket, pypi.url, ['acme'])
        expect(again.statuses).toEqual([`${wheel.filename} yanked`, `${wheel2.filename} copied`])
        expect(pypi.requests.map(({ target }) => target)).toHaveLength(2)
        expect((await pageOf(bucket)).files[0].yanked).toBe(true)
        // A yank that was undone at the source stays: somebody may have yanked the file here.
        offer(pypi, 'acme', [wheel, wheel2])
        await run(bucket, pypi.url, ['acme'])
        expect((await pageOf(bucket)).files[0].yanked).toBe(true)
        expect((await verify(bucket, { deep: true })).problems).toEqual([])
    })
})

test('what a lock names and the bucket has is not asked of the source', async () => {
    await world(async (pypi, bucket) => {
        await publish(bucket, await writeDistributions(wheel))
        const { statuses, problems } = await run(bucket, pypi.url, [locked(wheel.filename, wheel.bytes)])
        expect([statuses, problems, pypi.requests]).toEqual([[`${wheel.filename} present`], [], []])
    })
})

test('a dry run writes nothing', async () => {
    await world(async (pypi, bucket) => {
        offer(pypi, 'acme', [wheel])
        expect((await run(bucket, pypi.url, ['acme'], { dryRun: true })).statuses).toEqual([`${wheel.filename} copied`])
        expect(await keysOf(bucket)).toEqual([])
        expect(pypi.requests).toHaveLength(1)
    })
})

describe('refuses', () => {
    const refusals: [
        string,
        (pypi: PypiServer, bucket: Bucket) => Promise<unknown> | unknown,
        RegExp,
        Partial<MirrorOptions>?,
    ][] = [
        [
            'another file of the same name',
            async (_pypi, bucket) => {
                const other = makeWheel({ name: 'acme', version: '1.0', summary: 'other' })
                await publish(bucket, await writeDistributions(other))
            },
            /File already exists: acme-1.0-py3-none-any.whl, with different content/,
            { merge: true },
        ],
        [
            'a project with files of another origin',
            async (_pypi, bucket) => void (await publish(bucket, await writeDistributions(wheel2))),
            /acme has files of another origin in the bucket: acme-2.0/,
        ],
        [
            'a folder that another tool has filled',
            (_pypi, bucket) =>
                bucket.write(`acme/${wheel2.filename}`, wheel2.bytes, { contentType: 'x', cacheControl: 'x' }),
            /acme has files of another origin in the bucket: acme-2.0/,
        ],
        ['a project that is missing', (pypi) => void delete pypi.pages.acme, /the source has no project acme/],
        [
            'a wrong hash',
            (pypi) => void offer(pypi, 'acme', [{ ...wheel, other: { hashes: { sha256: '0'.repeat(64) } } }]),
            /it has sha256 [0-9a-f]{64}, 0{64} was expected/,
        ],
        [
            'a file that is too long',
            (pypi) => void offer(pypi, 'acme', [{ ...wheel, other: { size: 10 } }]),
            /sends more than 10 B/,
        ],
        [
            'a file that is too short',
            (pypi) => void offer(pypi, 'acme', [{ ...wheel, other: { size: 100_000 } }]),
            /sends \d+ of 100000 bytes/,
        ],
        [
            'a file without a hash',
            (pypi) => void offer(pypi, 'acme', [{ ...wheel, other: { hashes: {} as never } }]),
            /neither the source nor a lock has its hash/,
        ],
        [
            'a wheel that is none',
            (pypi) => void offer(pypi, 'acme', [{ filename: wheel.filename, bytes: Buffer.from('no zip') }]),
            /acme-1.0-py3-none-any.whl.*(zip|wheel)/i,
        ],
        [
            'a file of another project',
            (pypi) =>
                void offer(pypi, 'acme', [
                    { filename: wheel.filename, bytes: makeWheel({ name: 'evil', version: '1.0' }).bytes },
                ]),
            /does not match its metadata|dist-info/,
        ],
        [
            'a quarantined project',
            (pypi) => void offer(pypi, 'acme', [], { 'project-status': { status: 'quarantined', reason: 'malware' } }),
            /acme is quarantined by the source: malware/,
        ],
        [
            'a project that is quarantined here',
            async (_pypi, bucket) => {
                await publish(bucket, await writeDistributions(wheel2))
                await setStatus(new PackageIndex(bucket), 'acme', 'quarantined', '')
            },
            /acme is quarantined in the bucket/,
            { merge: true },
        ],
        ['a page that is none', (pypi) => void (pypi.pages.acme = '<html>login'), /is not a page of a package index/],
        [
            'a page of a later version',
            (pypi) => void (pypi.pages.acme = '{"meta":{"api-version":"2.0"},"files":[]}'),
            /API version is 2.0/,
        ],
        ['a page without files', (pypi) => void offer(pypi, 'acme', []), /the source has no wheel or sdist of acme/],
        ['no access', (pypi) => void (pypi.failure = 403), /answers 403/],
        ['a server that fails', (pypi) => void (pypi.failure = 500), /answers 500/],
        ['a server that closes connections', (pypi) => void (pypi.failure = 'cut'), /the connection was cut/],
        [
            'a server that asks to wait for an hour',
            (pypi) =>
                void (pypi.interfere = (_asked, response) => {
                    response.writeHead(429, { 'Retry-After': '3600' }).end()
                    return true
                }),
            /answers 429 and asks to wait 3600 s/,
        ],
        [
            'endless redirects',
            (pypi) =>
                void (pypi.interfere = (asked, response) => !!response.writeHead(302, { Location: asked.url! }).end()),
            /redirects too often/,
        ],
        [
            'a redirect to a file',
            (pypi) =>
                void (pypi.interfere = (_asked, response) =>
                    !!response.writeHead(302, { Location: 'file:///etc/passwd' }).end()),
            /redirects to file:/,
        ],
    ]
    test.each(refusals)('%s, and copies nothing of it', async (_name, prepare, message, options) => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [wheel])
            await prepare(pypi, bucket)
            const before = await keysOf(bucket)
            const { problems, statuses } = await run(bucket, pypi.url, ['acme'], options)
            expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(message)])
            expect(statuses.filter((status) => status.endsWith('copied'))).toEqual([])
            expect(await keysOf(bucket)).toEqual(before)
        })
    })

    test('nothing where the case is ordinary', async () => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [wheel])
            const { problems, statuses } = await run(bucket, pypi.url, ['acme'])
            expect([problems, statuses]).toEqual([[], [`${wheel.filename} copied`]])
        })
    })
})

describe('the source', () => {
    test('asks to wait, and is asked again', async () => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [wheel])
            let refusals = 2
            pypi.interfere = (_asked, response) => {
                if (refusals-- <= 0) return false
                response.writeHead(429, { 'Retry-After': '1' }).end()
                return true
            }
            const { statuses, warnings } = await run(bucket, pypi.url, ['acme'])
            expect(statuses).toEqual([`${wheel.filename} copied`])
            expect(warnings).toEqual([
                expect.stringContaining('answers 429: waiting 1 s, as it asks'),
                expect.anything(),
            ])
        })
    })

    test('cuts a file in the middle, and is asked for it again', async () => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [wheel])
            let cuts = 1
            pypi.interfere = (asked, response) => {
                if (!asked.url!.startsWith('/packages/') || cuts-- <= 0) return false
                response.writeHead(200, { 'Content-Length': wheel.bytes.length })
                response.write(wheel.bytes.subarray(0, 100), () => response.destroy())
                return true
            }
            expect((await run(bucket, pypi.url, ['acme'])).statuses).toEqual([`${wheel.filename} copied`])
        })
    })

    test('stops sending in the middle, and is asked for the file again', async () => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [wheel])
            let stops = 1
            pypi.interfere = (asked, response) => {
                if (!asked.url!.startsWith('/packages/') || stops-- <= 0) return false
                response.writeHead(200, { 'Content-Length': wheel.bytes.length })
                return response.write(wheel.bytes.subarray(0, 100))
            }
            expect((await run(bucket, pypi.url, ['acme'])).statuses).toEqual([`${wheel.filename} copied`])
        })
    })

    test('redirects elsewhere: credentials do not follow, the hash decides', async () => {
        await world(async (pypi, bucket) => {
            const elsewhere = await startPypi()
            const page = offer(pypi, 'acme', [wheel])
            const file = page.files[0]!.url.replace(pypiFiles, '')
            elsewhere.files[file] = wheel.bytes
            pypi.interfere = (asked, response) => {
                if (!asked.url!.startsWith('/packages/')) return false
                response.writeHead(302, { Location: `${elsewhere.endpoint}${asked.url}` }).end()
                return true
            }
            const from = pypi.url.replace('://', '://ci:secret@')
            try {
                const { statuses } = await run(bucket, from, ['acme'])
                expect(statuses).toEqual([`${wheel.filename} copied`])
                expect(pypi.requests.map((asked) => asked.header('authorization') ?? '')).toEqual([
                    expect.stringContaining('Basic'),
                    expect.stringContaining('Basic'),
                ])
                expect(elsewhere.requests.map((asked) => asked.header('authorization'))).toEqual([undefined])
                const text = JSON.stringify(await pageOf(bucket))
                expect(text).not.toContain('secret')
                const other = await newBucket(s3)
                elsewhere.files[file] = Buffer.alloc(wheel.bytes.length)
                expect((await run(other, from, ['acme'])).problems[0]!.message).toContain('was expected')
            } finally {
                await elsewhere.close()
            }
        })
    })
})

test('an HTML index: relative addresses, a base, hashes, attributes, a bucket without a website', async () => {
    await world(async (pypi, bucket) => {
        const md5 = 'd41d8cd98f00b204e9800998ecf8427e'
        const sdist = await makeSdist({ name: 'acme', version: '1.0+local' })
        pypi.files['a/acme-1.0-py3-none-any.whl'] = wheel.bytes
        pypi.files['a/acme-1.0%2Blocal.tar.gz'] = sdist.bytes
        const html = `<!DOCTYPE html><base href="../../packages/a/"><a href="../">up</a>
            <a href="acme-1.0-py3-none-any.whl#sha256=${sha256Of(wheel.bytes)}" data-requires-python="&gt;=3.8" data-yanked="a &amp; b">x</a>
            <a href="acme-1.0%2Blocal.tar.gz#md5=${md5}">x</a><a href="javascript:x">x</a>`
        pypi.interfere = (asked, response) => {
            if (!asked.url!.startsWith('/simple/')) return false
            const isPage = asked.url === '/simple/acme/index.html'
            response.writeHead(isPage ? 200 : 403, {
                'Content-Type': isPage ? 'binary/octet-stream' : 'application/xml',
            })
            response.end(isPage ? html : '<Error><Code>AccessDenied</Code></Error>')
            return true
        }
        const { statuses, problems } = await run(bucket, pypi.url, ['acme'])
        expect(statuses).toEqual([`${wheel.filename} copied`])
        expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/it has md5 .*, d41d/)])
        expect((await pageOf(bucket)).files[0]).toMatchObject({ 'requires-python': '>=3.8', yanked: 'a & b' })
    })
})

test('many files, killed after some: the next run copies the others', async () => {
    await world(async (pypi, bucket) => {
        const wheels = Array.from({ length: 120 }, (_, minor) => makeWheel({ name: 'acme', version: `1.${minor}` }))
        offer(pypi, 'acme', wheels)
        let left = 70
        pypi.interfere = (asked, response) => {
            if (!asked.url!.startsWith('/packages/') || left-- > 0) return false
            response.writeHead(404).end()
            return true
        }
        const first = await run(bucket, pypi.url, ['acme'], { jobs: 16 })
        expect([first.statuses.length, first.problems.length]).toEqual([70, 50])
        expect((await verify(bucket, { deep: false })).problems).toEqual([])
        pypi.interfere = undefined
        pypi.requests.length = 0
        const second = await run(bucket, pypi.url, ['acme'])
        expect([second.statuses.length, second.problems]).toEqual([120, []])
        expect(pypi.requests).toHaveLength(51)
        expect((await pageOf(bucket)).files).toHaveLength(120)
    })
})

describe('the program', () => {
    const mirrorProgram = (bucket: Bucket, words: string[], environment: NodeJS.ProcessEnv = {}) =>
        runProgram('manage-index', ['mirror', bucket.name, ...words], {
            environment: { ...environmentOf(s3), NETRC: '/dev/null', ...environment },
        })

    test('copies a lock and requirements, and says what it left out', async () => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [wheel, wheel2])
            offer(pypi, 'other', [makeWheel({ name: 'other', version: '3' })])
            const folder = await temporaryFolder()
            await writeFile(join(folder, 'r.txt'), 'acme==1.0\n-e ./x\n')
            await writeFile(
                join(folder, 'poetry.lock'),
                `[[package]]\nname = "other"\nversion = "3"\nfiles = [{file = "other-3-py3-none-any.whl", hash = "sha256:${sha256Of(makeWheel({ name: 'other', version: '3' }).bytes)}"}]\n[metadata]\nlock-version = "2.0"\n`,
            )
            const words = [
                '--from',
                pypi.url,
                '--requirements',
                join(folder, 'r.txt'),
                '--lock',
                join(folder, 'poetry.lock'),
            ]
            const dry = await mirrorProgram(bucket, [...words, '--dry-run'])
            expect(dry.stdout).toContain(`acme 1.0: ${wheel.filename} (`)
            expect(dry.stdout).toMatch(
                /would be copied\n.*other 3: .*would be copied\n2 files to copy \(.*\), 0 present\n/s,
            )
            const done = await mirrorProgram(bucket, [...words, '--json', '--jobs', '2'])
            expect(done.stderr).toContain('left out: r.txt:2: a path or a URL')
            expect([done.status, JSON.parse(done.stdout)]).toEqual([
                0,
                expect.objectContaining({
                    from: pypi.url,
                    dryRun: false,
                    problems: [],
                    files: [expect.objectContaining({ status: 'copied' }), expect.anything()],
                }),
            ])
        })
    })

    test('a problem of one project does not stop the others, and fails', async () => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [wheel])
            const { status, stdout, stderr } = await mirrorProgram(bucket, ['--from', pypi.url, 'acme', 'gone'])
            expect([status, stdout]).toEqual([1, expect.stringContaining('1 file copied')])
            expect(stderr).toContain('1 problem; everything else was copied\n  the source has no project gone (gone)\n')
        })
    })

    test('never prints a password', async () => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [wheel])
            const wanted = `Basic ${Buffer.from('ci:hidden').toString('base64')}`
            pypi.interfere = (asked, response) => {
                if (asked.headers.authorization === wanted) return false
                response.writeHead(401).end()
                return true
            }
            const withUser = pypi.url.replace('://', '://ci:hidden@')
            const own = { MIRROR_USERNAME: 'ci', MIRROR_PASSWORD: 'hidden' }
            const outcomes = [
                await mirrorProgram(bucket, ['--from', withUser, 'acme']),
                await mirrorProgram(bucket, ['--from', pypi.url, 'acme'], own),
                await mirrorProgram(bucket, ['--from', withUser.replace('hidden', 'hiddenwrong'), 'acme', 'other']),
                await mirrorProgram(bucket, ['--from', withUser + '?x', 'acme']),
                await mirrorProgram(bucket, ['--from', pypi.url, 'acme', '--json']),
            ]
            expect(outcomes.map(({ status }) => status)).toEqual([0, 0, 1, 2, 1])
            expect(JSON.stringify(outcomes)).not.toContain('hidden')
            expect(outcomes[2]!.stderr).toContain('answers 401')
            expect(outcomes[4]!.stderr).toContain('MIRROR_USERNAME')
        })
    })

    test('all projects of the source, or usage', async () => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [wheel])
            pypi.interfere = (asked, response) => {
                if (asked.url !== '/simple/') return false
                response.writeHead(200, { 'Content-Type': 'text/html' })
                response.end(
                    '<a href="/simple/Acme/">x</a><a href="../">up</a><a href="https://other.example/x/">x</a>',
                )
                return true
            }
            const { status, stdout } = await mirrorProgram(bucket, ['--from', pypi.url, '--all'])
            expect([status, stdout]).toEqual([0, expect.stringContaining('1 file copied')])
            const usage = await mirrorProgram(bucket, ['--from', pypi.url])
            expect([usage.status, usage.stderr]).toEqual([2, expect.stringContaining('nothing to copy was named')])
            expect((await mirrorProgram(bucket, ['acme'])).status).toBe(2)
            expect((await mirrorProgram(bucket, ['--from', pypi.url, 'acme', '--jobs', '0'])).status).toBe(2)
        })
    })
})

function attestation({ filename, bytes }: { filename: string; bytes: Buffer }) {
    const statement = {
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: filename, digest: { sha256: sha256Of(bytes) } }],
        predicateType: 'https://docs.pypi.org/attestations/publish/v1',
        predicate: null,
    }
    return {
        version: 1,
        verification_material: { certificate: 'eA==', transparency_entries: [{}] },
        envelope: { statement: Buffer.from(JSON.stringify(statement)).toString('base64'), signature: 'eA==' },
    }
}
