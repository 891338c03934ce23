import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { verify } from '../../scripts/index/repair/verify.js'
import { startNginx, type NginxProcess } from '../../scripts/nginx/nginx-process.js'
import { makeWheel, type Distribution } from '../support/distributions/distributions.js'
import { nginxUnderTest } from '../support/nginx/nginx-under-test.js'
import { request } from '../support/requests/raw-request.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startRecordedUploads, type RecordedUploads } from '../support/uploads/recorded-uploads.js'
import { sendUpload } from '../support/uploads/send-upload.js'
import type { Fate } from '../support/upstreams/fault-proxy.js'

/** More calls than an upload makes. */
const mostCalls = 40

/** The process ids of an nginx: its master, then its workers. */
async function processes({ index }: RecordedUploads): Promise<number[]> {
    const master = Number(await readFile(`${index.folder}/nginx.pid`, 'utf8'))
    const workers = execFileSync('ps', ['-o', 'pid=', '--ppid', String(master)], { encoding: 'utf8' })
    return [master, ...workers.trim().split(/\s+/).map(Number)]
}

async function killAll(uploads: RecordedUploads): Promise<void> {
    const pids = await processes(uploads)
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    // On a busy machine it takes a while until they no longer hold the port.
    await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), 10_000)
}

function isRunning(pid: number): boolean {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
    } catch {
        return false
    }
}

async function page({ index }: RecordedUploads, project: string): Promise<string> {
    // A connection of its own: nginx was restarted.
    return (await request(index.port, `/simple/${project}/`)).body.toString()
}

describe.each([
    ['a small file', 0, 2],
    // Each takes seconds; upload-failures.test.ts breaks every call.
    ['a large file', 9 * 1024 * 1024, 5],
])('%s: nginx is killed at calls to S3', (_name, ballast, step) => {
    let uploads: RecordedUploads
    let nginx: NginxProcess | undefined
    let log = ''
    beforeAll(async () => {
        uploads = await startRecordedUploads()
    })
    afterAll(async () => {
        await nginx?.stop()
        await uploads.stop()
        // One worker was killed here.
        expect(log.replace(/.* exited on signal 9\n/g, '')).not.toMatch(/\[(?:alert|emerg|crit)\]|exited on signal/)
    })

    /** Starts nginx again, in the same folder. A socket that a killed nginx has left must be deleted first. */
    async function restart(): Promise<void> {
        await rm(`${uploads.index.folder}/temp-upload/upload.sock`)
        nginx = await startNginx(await nginxUnderTest(), {
            folder: uploads.index.folder,
            port: uploads.index.port,
            environment: environmentOf(uploads.s3),
            onLog: (text) => void (log += text),
        })
    }

    test('pages are valid, and the same upload completes it', { timeout: 300_000 }, async () => {
        let calls = 0
        let killed = 0
        const made = makeWheel({ name: 'acme', version: '1.0', ballast })
        for (let last = 1; last < mostCalls; last += step) {
            const project = `killed-${last}`
            const file: Distribution = ballast === 0 ? makeWheel({ name: project, version: '1.0' }) : made
            if (ballast > 0) await forget(uploads)
            calls = 0
            let end: Promise<void> | undefined
            uploads.decide = async () => {
                if (++calls !== last) return 'pass'
                end = killAll(uploads)
                await end
                // What S3 has got, it does.
                return killed % 2 === 0 ? 'cut' : 'cut after'
            }
            const answer = await sendUpload(uploads.index.port, file).catch(() => undefined)
            uploads.decide = () => 'pass'
            if (end === undefined) {
                expect(answer).toMatchObject({ status: 200 })
                break
            }
            killed++
            expect(answer).toBeUndefined()
            await end
            await restart()
            const name = ballast === 0 ? project : 'acme'
            const seen = await request(uploads.index.port, `/simple/${name}/`)
            // 503: the first page in JSON is there, and the one in HTML is not yet. No such project goes to a fallback.
            expect(seen.status).toBeOneOf([200, 404, 503])
            expect(await sendUpload(uploads.index.port, file)).toMatchObject({ status: 200 })
            expect(await page(uploads, name)).toContain(file.filename)
            const { problems } = await verify(uploads.bucket, { deep: false })
            // An upload in parts, and a body that S3 was to copy from, are deleted later.
            expect([last, problems.filter(({ kind }) => kind !== 'abandoned-upload')]).toEqual([last, []])
        }
        expect(killed).toBeGreaterThanOrEqual(10 / step)
    })

    test('a worker is killed: the client sees that the upload failed, and the next one succeeds', async () => {
        const [, worker] = await processes(uploads)
        uploads.decide = (): Fate => {
            process.kill(worker!, 'SIGKILL')
            uploads.decide = () => 'pass'
            return 'cut'
        }
        const file = makeWheel({ name: 'crashed', version: '1.0' })
        await expect(sendUpload(uploads.index.port, file)).rejects.toThrow()
        await vi.waitFor(async () => {
            expect(await sendUpload(uploads.index.port, file)).toMatchObject({ status: 200 })
        }, 20_000)
        expect((await verify(uploads.bucket, { deep: false })).problems).toEqual([])
    })
})

async function forget({ bucket }: RecordedUploads): Promise<void> {
    const keys: string[] = []
    for await (const { key } of bucket.list()) keys.push(key)
    await bucket.delete(keys)
}

describe('a signal in the middle of an upload', () => {
    let uploads: RecordedUploads
    beforeAll(async () => {
        uploads = await startRecordedUploads()
    })
    afterAll(() => uploads.stop())

    test('SIGHUP at each call to S3: the upload succeeds', { timeout: 120_000 }, async () => {
        let calls = 0
        for (let last = 1; last < mostCalls; last += 3) {
            const [master] = await processes(uploads)
            calls = 0
            uploads.decide = () => {
                if (++calls === last) process.kill(master!, 'SIGHUP')
                return 'pass'
            }
            const file = makeWheel({ name: `reloaded-${last}`, version: '1.0' })
            expect(await sendUpload(uploads.index.port, file)).toMatchObject({ status: 200 })
            expect(await page(uploads, `reloaded-${last}`)).toContain(file.filename)
            if (calls < last) break
        }
        expect((await verify(uploads.bucket, { deep: false })).problems).toEqual([])
        const names = await readdir(`${uploads.index.folder}/temp-upload`)
        expect(names.filter((name) => /\d{10}/.test(name))).toEqual([])
    })

    // It closes its sockets at once, and ends with its last request.
    test.each([1, 4, 8])('SIGQUIT at call %d to S3: the upload succeeds', { timeout: 60_000 }, async (last) => {
        const quitting = await startRecordedUploads()
        // nginx listens before it writes its process id.
        const [master] = await vi.waitFor(() => processes(quitting))
        let calls = 0
        quitting.decide = () => {
            if (++calls === last) process.kill(master!, 'SIGQUIT')
            return 'pass'
        }
        const file = makeWheel({ name: 'acme', version: '1.0' })
        expect(await sendUpload(quitting.index.port, file)).toMatchObject({ status: 200 })
        expect((await verify(quitting.bucket, { deep: true })).problems).toEqual([])
        await expect(sendUpload(quitting.index.port, file)).rejects.toThrow()
        await quitting.stop()
    })
})
