import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuthority } from '../support/machine/certificates.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'
import { startTlsTerminator, type TlsTerminator } from '../support/upstreams/tls-terminator.js'
import { wheelFile } from '../support/distributions/distributions.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

const known = createAuthority()
const unknown = createAuthority()
let s3: S3Server

beforeAll(async () => {
    s3 = await startS3('embedded')
})
afterAll(() => s3.close())

/** Publishes a wheel through TLS, then lists it. */
async function publishAndList(terminator: TlsTerminator, more: Record<string, string>) {
    const bucket = await newBucket(s3)
    const cwd = await temporaryFolder()
    const environment = {
        AWS_ACCESS_KEY_ID: s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
        AWS_ENDPOINT_URL: `https://localhost:${terminator.port}`,
        HOME: cwd,
        ...more,
    }
    const wheel = await wheelFile({ name: 'Acme', version: '1.0' })
    const published = await runProgram('publish-package', [bucket.name, wheel], { cwd, environment })
    const listed = await runProgram('manage-index', ['list', bucket.name], { cwd, environment })
    return { published, listed }
}

test.each([
    ['AWS_CA_BUNDLE', { AWS_CA_BUNDLE: known.file }],
    ['NODE_EXTRA_CA_CERTS', { NODE_EXTRA_CA_CERTS: known.file }],
    ['AWS_CA_BUNDLE, and not NODE_EXTRA_CA_CERTS', { AWS_CA_BUNDLE: known.file, NODE_EXTRA_CA_CERTS: unknown.file }],
])('a private authority is trusted when it is named in %s', async (_name, environment) => {
    const terminator = await startTlsTerminator(s3, known.issue('localhost'))
    const { published, listed } = await publishAndList(terminator, environment)
    expect(published).toMatchObject({ status: 0, stderr: '' })
    expect(listed).toMatchObject({ status: 0, stdout: expect.stringContaining('acme') })

    const wrong = await publishAndList(terminator, { ...environment, AWS_SECRET_ACCESS_KEY: 'wrong' })
    expect(wrong.published.stderr).toContain('refuses the credentials')
    await terminator.close()
})

test.each([
    ['no authority is named', known.issue('localhost'), {}],
    ['another authority is named', known.issue('localhost'), { AWS_CA_BUNDLE: unknown.file }],
    ['the name is wrong', known.issue('s3.example.com'), { AWS_CA_BUNDLE: known.file }],
    ['its time is over', known.issue('localhost', { expired: true }), { AWS_CA_BUNDLE: known.file }],
])('where %s nothing is sent, and the programs say why', async (_name, certificate, environment) => {
    const terminator = await startTlsTerminator(s3, certificate)
    const { published, listed } = await publishAndList(terminator, environment as Record<string, string>)
    for (const { status, stderr } of [published, listed]) {
        expect(status).toBe(1)
        expect(stderr).toMatch(
            /the certificate of https:\/\/localhost:\d+ is not trusted \([A-Z_]+\)\n {2}.*AWS_CA_BUNDLE/,
        )
    }
    expect(terminator.forwarded()).toBe(0)
    await terminator.close()
})

test('a file that is no bundle of certificates is named', async () => {
    const terminator = await startTlsTerminator(s3, known.issue('localhost'))
    const folder = await temporaryFolder()
    const empty = path.join(folder, 'empty.pem')
    await writeFile(empty, 'nothing\n')
    for (const [file, why] of [
        [empty, 'holds no certificate'],
        [`${folder}/absent.pem`, 'cannot be read (ENOENT)'],
    ] as const) {
        const { published, listed } = await publishAndList(terminator, { AWS_CA_BUNDLE: file })
        for (const { status, stderr } of [published, listed]) {
            expect(status).toBe(1)
            expect(stderr).toContain(`AWS_CA_BUNDLE names ${file}, which ${why}\n`)
        }
    }
    expect(terminator.forwarded()).toBe(0)
    await terminator.close()
})
