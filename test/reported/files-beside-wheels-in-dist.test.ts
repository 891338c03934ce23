/**
 * Reported: `publish-package my-pypi dist/*` with signatures, attestations or checksums in dist/ ended with status 1, and
 * nothing was published. Source: review of November 2026 (U4).
 * Right: what is known to lie beside wheels and sdists is left out, with one note; other files are an error, as is a command
 * that names nothing else.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { filesOf } from '../support/index/pages.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { environmentOf, newBucket } from '../support/s3/test-bucket.js'
import { makeSdist, makeWheel } from '../support/distributions/distributions.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

let server: S3Server
beforeAll(async () => {
    server = await startS3('embedded')
})
afterAll(() => server.close())

const wheel = 'acme-1.0-py3-none-any.whl'
const sdist = 'acme-1.0.tar.gz'

/** A dist/ with a release and these files. @returns the paths that `dist/*` names */
async function dist(...beside: string[]): Promise<string[]> {
    const folder = path.join(await temporaryFolder(), 'dist')
    await mkdir(folder)
    const acme = { name: 'acme', version: '1.0' }
    await writeFile(path.join(folder, wheel), makeWheel(acme).bytes)
    await writeFile(path.join(folder, sdist), (await makeSdist(acme)).bytes)
    for (const name of beside) await writeFile(path.join(folder, name), 'beside')
    return [wheel, sdist, ...beside].map((name) => path.join(folder, name))
}

const publish = (...words: string[]) => runProgram('publish-package', words, { environment: environmentOf(server) })

const companions = [
    `${wheel}.asc`,
    `${sdist}.asc`,
    `${wheel}.sig`,
    `${wheel}.publish.attestation`,
    `${sdist}.publish.attestation`,
    `${wheel}.slsa.intoto.jsonl`,
    `${wheel}.sigstore`,
    `${wheel}.sigstore.json`,
    `${wheel}.sigstore.json.asc`,
    `${wheel}.provenance`,
    `${wheel}.crt`,
    `${wheel}.sha256`,
    `${sdist}.md5`,
    `${wheel}.metadata`,
    `${sdist}.cdx.json`,
    'SHA256SUMS',
    'SHA256SUMS.asc',
    'SHA512SUMS.txt',
    'sha256sum.txt',
    'md5sums',
    'checksums.txt',
    '.DS_Store',
    `._${wheel}`,
    '.gitignore',
    '.gitkeep',
    'Thumbs.db',
]

test.each(companions)('%s is left out, with a note', async (companion) => {
    const bucket = await newBucket(server)
    const paths = await dist(companion)
    const { status, stdout, stderr } = await publish(bucket.name, ...paths)
    expect([status, stderr]).toEqual([
        0,
        `publish-package: left out ${paths[2]}: signatures, checksums and similar files are not published\n`,
    ])
    expect(stdout.split('\n')).toHaveLength(3)
    expect(await filesOf(bucket, 'acme')).toEqual([wheel, sdist])
})

test('many of them are one note', async () => {
    const bucket = await newBucket(server)
    const { status, stdout, stderr } = await publish(bucket.name, ...(await dist(...companions)), '--json')
    expect(status).toBe(0)
    expect(stderr).toMatch(/^publish-package: left out \S+, \S+, \S+, \S+, \S+ and \d+ more: [^\n]*\n$/)
    expect((JSON.parse(stdout) as { files: unknown[] }).files).toHaveLength(2)
})

test.each([
    ['README.md', 'Publish .whl and .tar.gz files'],
    ['acme-1.0.egg', 'python3 -m wheel convert acme-1.0.egg'],
    ['acme-1.0.win-amd64.exe', 'python3 -m wheel convert acme-1.0.win-amd64.exe'],
    ['acme-1.0.tar.bz2', 'rebuild it with "python3 -m build --sdist"'],
    ['acme-1.0.tgz', 'rebuild it with "python3 -m build --sdist"'],
    ['acme.asc', 'Publish .whl and .tar.gz files'],
    ['notes.sha256', 'Publish .whl and .tar.gz files'],
])('the twin: %s is an error, and nothing is published', async (name, cure) => {
    const bucket = await newBucket(server)
    const { status, stderr } = await publish(bucket.name, ...(await dist(name, `${wheel}.asc`)))
    expect(status).toBe(1)
    expect(stderr).toContain(`publish-package: ${name} is neither a wheel nor an sdist\n`)
    expect(stderr).toContain(cure)
    expect(await bucket.head(`acme/${wheel}`)).toBeUndefined()
})

test.each([
    [[`${wheel}.asc`], 'is neither'],
    [[`${wheel}.asc`, 'SHA256SUMS'], 'are neither'],
])('nothing but %j: there is nothing to publish', async (names, words) => {
    const bucket = await newBucket(server)
    const paths = (await dist(...names)).slice(2)
    const { status, stdout, stderr } = await publish(bucket.name, ...paths)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`publish-package: nothing to publish: ${paths.join(', ')} ${words} a wheel nor an sdist\n`)
})

test('--no-build takes the wheels and sdists of dist/, and looks at nothing else', async () => {
    const bucket = await newBucket(server)
    const [first] = await dist(...companions, 'README.md')
    const { status, stderr } = await publish(bucket.name, path.dirname(path.dirname(first!)), '--no-build')
    expect([status, stderr]).toEqual([0, ''])
})
