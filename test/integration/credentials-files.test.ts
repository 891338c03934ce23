import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { canRenew } from '../support/nginx/renewing-nginx.js'
import { startSessionS3, type IssuedSession, type SessionS3 } from '../support/credentials/sessions.js'
import { steadyLoad } from '../support/requests/steady-load.js'

const file = '/demo/demo-1.0%2Bx.tar.gz'

let s3: SessionS3
let folder: string
let index: Index | undefined

beforeAll(async () => {
    s3 = await startSessionS3({ 'demo/demo-1.0+x.tar.gz': 'bytes' })
})
beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'secrets-'))
    // The workers of nginx read what is in it.
    await chmod(folder, 0o755)
    s3.proxy.requests.length = 0
})
afterEach(async () => {
    await index?.stop()
    index = undefined
    await rm(folder, { recursive: true })
})
afterAll(async () => {
    await s3.close()
})

/** Secrets as Docker mounts them: one file for each part. */
async function writeSecrets(where: string, session: IssuedSession): Promise<void> {
    await mkdir(where, { recursive: true })
    await writeFile(path.join(where, 'id'), session.accessKeyId + '\n')
    await writeFile(path.join(where, 'secret'), session.secretAccessKey + '\n')
    await writeFile(path.join(where, 'token'), session.sessionToken)
}

const secretFiles = (where: string): Record<string, string> => ({
    AWS_ACCESS_KEY_ID_FILE: path.join(where, 'id'),
    AWS_SECRET_ACCESS_KEY_FILE: path.join(where, 'secret'),
    AWS_SESSION_TOKEN_FILE: path.join(where, 'token'),
})

const profile = (name: string, { accessKeyId, secretAccessKey, sessionToken }: IssuedSession): string =>
    [
        `[${name}]`,
        `aws_access_key_id = ${accessKeyId}`,
        `aws_secret_access_key=${secretAccessKey}`,
        `aws_session_token = ${sessionToken}`,
        '',
    ].join('\n')

async function start(environment: Record<string, string>): Promise<number> {
    index = await startIndex({ endpointUrl: s3.proxy.endpoint, bucket: s3.bucket, credentials: 'file', environment })
    // The first look at the files comes a moment after the start.
    while (canRenew && environment.WAIT !== 'no' && (await request(index.port, file)).status === 503) await sleep(20)
    return index.port
}

/** Asks until a key signs, and expects no failure on the way. */
async function untilSignedBy(session: IssuedSession, port: number): Promise<void> {
    const others = s3.known.filter(({ accessKeyId }) => accessKeyId !== session.accessKeyId)
    const begin = Date.now()
    for (let isTakenUp = false; !isTakenUp; await sleep(100)) {
        expect(Date.now() - begin).toBeLessThan(20_000)
        expect((await request(port, file)).status).toBe(200)
        // Whether S3 would take a signature of the new key only: no request is under way.
        s3.known.splice(0, s3.known.length, session)
        isTakenUp = (await request(port, file)).status === 200
        s3.known.push(...others)
    }
}

describe('credentials in files', () => {
    test('one for each part, as Docker mounts secrets', async () => {
        await writeSecrets(folder, s3.issuer.issue())
        const port = await start(secretFiles(folder))
        expect((await request(port, file)).status).toBe(200)
        const ready = await request(port, '/-/readyz')
        expect([ready.status, ready.body.toString()]).toEqual([200, expect.stringContaining('do not say when they')])
    })

    test('the profile of a shared file', async () => {
        const shared = path.join(folder, 'credentials')
        const text = profile('default', s3.issuer.issue()) + profile('index', s3.issuer.issue())
        await writeFile(shared, `# made by hand\n\n${text}`)
        const port = await start({ AWS_SHARED_CREDENTIALS_FILE: shared, AWS_PROFILE: 'index' })
        expect((await request(port, file)).status).toBe(200)
        // The twin: it was this profile's.
        s3.known.splice(s3.known.length - 1)
        expect((await request(port, file)).status).toBe(502)
    })

    test('the shared file of the home folder', async () => {
        await mkdir(path.join(folder, '.aws'))
        await writeFile(path.join(folder, '.aws/credentials'), profile('default', s3.issuer.issue()))
        expect((await request(await start({ HOME: folder }), file)).status).toBe(200)
    })

    test('a key in the environment is not used instead', async () => {
        const port = await start({
            ...{ AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey, WAIT: 'no' },
            ...secretFiles('/none'),
        })
        expect((await request(port, file)).status).toBe(503)
        expect(s3.proxy.requests).toEqual([])
    })
})

describe('a key that is replaced is taken up without a failed request', () => {
    test('where a folder of secrets is exchanged at once, as Kubernetes does it', async () => {
        const [old, next] = [s3.issuer.issue(), s3.issuer.issue()]
        await writeSecrets(path.join(folder, '..1'), old)
        await writeSecrets(path.join(folder, '..2'), next)
        await symlink('..1', path.join(folder, '..data'))
        const port = await start(secretFiles(path.join(folder, '..data')))
        await symlink('..2', path.join(folder, '..new'))
        await rename(path.join(folder, '..new'), path.join(folder, '..data'))
        await untilSignedBy(next, port)
    })

    test('where the shared file is replaced', async () => {
        const [old, next] = [s3.issuer.issue(), s3.issuer.issue()]
        const shared = path.join(folder, 'credentials')
        await writeFile(shared, profile('default', old))
        const port = await start({ AWS_SHARED_CREDENTIALS_FILE: shared })
        await writeFile(`${shared}.new`, profile('default', next))
        await rename(`${shared}.new`, shared)
        await untilSignedBy(next, port)
    })

    test('under load, while the old key is taken away a few seconds later', async () => {
        const [old, next] = [s3.issuer.issue(), s3.issuer.issue()]
        const shared = path.join(folder, 'credentials')
        await writeFile(shared, profile('default', old))
        const port = await start({ AWS_SHARED_CREDENTIALS_FILE: shared })
        const load = steadyLoad(port, 300, 14, () => file)
        await sleep(2000)
        await writeFile(`${shared}.new`, profile('default', next))
        await rename(`${shared}.new`, shared)
        await expect
            .poll(() => s3.proxy.requests.at(-1)?.authorization, { timeout: 10_000 })
            .toContain(next.accessKeyId)
        // What was signed before is answered.
        await sleep(1000)
        s3.known.splice(s3.known.indexOf(old), 1)
        expect(Object.keys((await load).statuses)).toEqual(['200'])
    })

    // Before njs 0.8.1 nobody remembers the old pair: such files have to be exchanged at once.
    if (canRenew)
        test('where files are written one after the other', async () => {
            const [old, next] = [s3.issuer.issue(), s3.issuer.issue()]
            await writeSecrets(folder, old)
            const port = await start(secretFiles(folder))
            const writing = (async () => {
                for (const [name, text] of [
                    ['id', next.accessKeyId],
                    ['secret', next.secretAccessKey],
                    ['token', next.sessionToken],
                ] as const) {
                    await writeFile(path.join(folder, name), text)
                    await sleep(300)
                }
            })()
            await untilSignedBy(next, port)
            await writing
        })
})

describe('files that cannot be used: nothing is sent', () => {
    test.each([
        [
            'none is named',
            {},
            /set AWS_ACCESS_KEY_ID_FILE and AWS_SECRET_ACCESS_KEY_FILE, or AWS_SHARED_CREDENTIALS_FILE/,
        ],
        ['one of two is named', { AWS_ACCESS_KEY_ID_FILE: 'id' }, /set both AWS_ACCESS_KEY_ID_FILE and/],
        ['it is not there', { AWS_SHARED_CREDENTIALS_FILE: 'none' }, /none cannot be read by the workers of nginx/],
        ['the profile is not there', { AWS_SHARED_CREDENTIALS_FILE: 'shared', AWS_PROFILE: 'x' }, /no profile \[x\]/],
        ['a part is missing', { AWS_SHARED_CREDENTIALS_FILE: 'half' }, /profile \[default\] of .*half lacks/],
        [
            'it is empty',
            { AWS_ACCESS_KEY_ID_FILE: 'id', AWS_SECRET_ACCESS_KEY_FILE: 'empty' },
            /there are no credentials in/,
        ],
    ])('%s', async (_name, variables, log) => {
        await writeFile(path.join(folder, 'id'), 'AKID')
        await writeFile(path.join(folder, 'empty'), '')
        await writeFile(path.join(folder, 'shared'), profile('default', s3.issuer.issue()))
        await writeFile(path.join(folder, 'half'), '[default]\naws_access_key_id = AKID\n')
        const named = Object.entries(variables).map(([name, value]) =>
            name === 'AWS_PROFILE' ? [name, value] : [name, path.join(folder, value)],
        )
        const port = await start({ ...(Object.fromEntries(named) as Record<string, string>), WAIT: 'no' })
        expect((await request(port, file)).status).toBe(503)
        const ready = await request(port, '/-/readyz')
        expect([ready.status, ready.body.toString()]).toEqual([
            503,
            expect.stringContaining('There are no credentials'),
        ])
        expect(s3.proxy.requests).toEqual([])
        await index!.stop()
        expect(index!.log()).toMatch(log)
        index = undefined
    })
})
