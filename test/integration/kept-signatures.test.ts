import { chmod, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nginxFeatures } from '../../scripts/nginx/nginx-version.js'
import { missingFaketime, startClock, type Clock } from '../support/machine/clock.js'
import { startIndex, type Index, type IndexOptions } from '../support/nginx/start-index.js'
import { nginxUnderTest } from '../support/nginx/nginx-under-test.js'
import { request } from '../support/requests/raw-request.js'
import {
    startRecordingUpstream,
    type RecordedRequest,
    type RecordingUpstream,
} from '../support/upstreams/recording-upstream.js'
import { describeWhere } from '../support/machine/requirements.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

const { version } = await nginxUnderTest()
const keeps = nginxFeatures(version).sharedDictionary

const credentials = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }

const signatureOf = (sent: RecordedRequest) => [sent.header('authorization'), sent.header('x-amz-date')]

// nginx before 1.25.2 keeps nothing between requests, and all of this is true without a second look.
describeWhere('signatures that are kept', missingFaketime(), () => {
    let clock: Clock
    let s3: RecordingUpstream
    const indexes: Index[] = []

    beforeAll(async () => {
        clock = await startClock()
        s3 = await startRecordingUpstream()
    })
    beforeEach(() => void (s3.requests.length = 0))
    afterAll(async () => {
        await Promise.all(indexes.map((index) => index.stop()))
        await s3.close()
    })

    async function start(options: Partial<IndexOptions> = {}): Promise<Index> {
        const environment = { ...(options.environment ?? credentials), ...clock.environment }
        const edit = (name: string, content: string) =>
            clock.letThrough(name, options.edit ? options.edit(name, content) : content)
        const index = await startIndex({ endpointUrl: s3.endpoint, ...options, environment, edit })
        indexes.push(index)
        return index
    }

    /** Asks, and returns what reached S3. */
    async function ask(index: Index, path: string, method = 'GET'): Promise<RecordedRequest> {
        expect((await request(index.port, path, { method })).status).toBe(200)
        return s3.requests.at(-1)!
    }

    /** Moves the clock to the begin of a minute, so that what follows is within it. */
    async function beginMinute(): Promise<void> {
        await clock.advance((60 - ((clock.now().getTime() / 1000) % 60) + 1) / 60)
    }

    describe.each(['v4', 'v2'] as const)('%s', (signature) => {
        test('one is used again within its minute, and not after it', async () => {
            const index = await start({ signature })
            await beginMinute()
            const first = signatureOf(await ask(index, '/demo/file'))
            await clock.advance(0.5)
            const second = signatureOf(await ask(index, '/demo/file'))
            if (keeps) expect(second).toEqual(first)
            else expect(second).not.toEqual(first)
            await clock.advance(0.6)
            const third = signatureOf(await ask(index, '/demo/file'))
            expect(third).not.toEqual(first)
        })

        test('a clock that is set back does not bring back one of a later time', async () => {
            const index = await start({ signature })
            const first = signatureOf(await ask(index, '/demo/file'))
            await clock.advance(-20)
            expect(signatureOf(await ask(index, '/demo/file'))).not.toEqual(first)
            await clock.advance(20)
        })

        test('another method or another key has its own', async () => {
            const index = await start({ signature })
            await beginMinute()
            const paths = ['/demo/file', '/demo/file%2B', '/demo/file+%2B', '/demo/fil', '/demo/', '/']
            const seen: (string | undefined)[] = []
            for (let round = 0; round < 2; round++) {
                for (const path of paths) {
                    for (const method of ['GET', 'HEAD'])
                        seen.push((await ask(index, path, method)).header('authorization'))
                }
            }
            const half = seen.length / 2
            expect(new Set(seen.slice(0, half)).size).toBe(half)
            if (keeps) expect(seen.slice(half)).toEqual(seen.slice(0, half))
        })
    })

    test.each([
        ['another bucket', 'my-pypi path', 'other-bucket path'],
        ['another region', 'us-east-1', 'eu-west-3'],
        ['a host of the bucket', 'my-pypi path', 'my-pypi virtual'],
    ])('%s in a configuration that is reloaded', async (_name, before, after) => {
        const index = await start({ region: 'us-east-1', addressing: 'path' })
        await beginMinute()
        const first = signatureOf(await ask(index, '/demo/file'))
        const file = `${index.folder}/locations.conf`
        await writeFile(
            file,
            (await readFile(file, 'utf8')).replace(/^ *set \$s3_place .*$/m, (line) => line.replace(before, after)),
        )
        process.kill(Number(await readFile(`${index.folder}/nginx.pid`, 'utf8')), 'SIGHUP')
        await expect
            .poll(async () => signatureOf(await ask(index, '/demo/file')), { timeout: 10_000 })
            .not.toEqual(first)
    })

    test('the bucket of the environment is the host of what is signed and of what is found', async () => {
        const endpointUrl = s3.endpoint.replace('127.0.0.1', 'localhost')
        const environment = { ...credentials, AWS_S3_BUCKET: 'other-bucket' }
        const index = await start({ addressing: 'virtual', endpointUrl, environment })
        await beginMinute()
        const host = `other-bucket.${new URL(endpointUrl).host}`
        for (let time = 0; time < 2; time++) expect((await ask(index, '/demo/file')).header('host')).toBe(host)
    })

    test('memory that is full makes room, and a key that is too long for it is served', async () => {
        const edit = (_name: string, content: string) =>
            content
                .replace('s3_signatures:16m ', 's3_signatures:64k ')
                .replace(/function signAndKeep\(.*\) \{/, "$& ngx.log(ngx.WARN, 'signs ' + input.request + '.');")
        const index = await start({ edit })
        const signs = (file: string) => index.log().split(`/${file}.`).length - 1
        await beginMinute()
        await ask(index, '/demo/file-0')
        await ask(index, '/demo/file-0')
        if (keeps) expect(signs('file-0')).toBe(1)
        for (let number = 1; number < 300; number++) await ask(index, `/demo/file-${number}`)
        await ask(index, `/demo/${'%C3%BC'.repeat(500)}`)
        for (let number = 300; number < 400; number++) await ask(index, `/demo/file-${number}`)
        await ask(index, '/demo/file-0')
        if (keeps) expect(signs('file-0')).toBe(2)
        // Before 0.9 njs logs that it makes room.
        expect(index.log().replace(/.*ngx_slab_alloc\(\) failed.*/g, '')).not.toMatch(/\[(?:error|crit)\]/)
    })

    test('where the configuration is for an nginx without this memory, each request is signed', async () => {
        const index = await start({ edit: (_name, content) => content.replace(/^js_shared_dict_zone .*\n/gm, '') })
        await beginMinute()
        const first = signatureOf(await ask(index, '/demo/file'))
        await clock.advance(0.5)
        expect(signatureOf(await ask(index, '/demo/file'))).not.toEqual(first)
        expect(index.log()).not.toMatch(/\[(?:warn|error|crit)\]/)
    })

    test('what is signed with one secret is not used with another of the same key id', async () => {
        const secrets = await temporaryFolder()
        await chmod(secrets, 0o755)
        const write = (name: string, text: string) => writeFile(path.join(secrets, name), text)
        await Promise.all([write('id', 'AKIDEXAMPLE'), write('secret', 'one')])
        const environment = {
            AWS_ACCESS_KEY_ID_FILE: path.join(secrets, 'id'),
            AWS_SECRET_ACCESS_KEY_FILE: path.join(secrets, 'secret'),
        }
        const index = await start({ credentials: 'file', environment })
        await expect.poll(async () => (await request(index.port, '/demo/file')).status).toBe(200)
        await beginMinute()
        const first = (await ask(index, '/demo/file')).header('authorization')
        await write('secret', 'another')
        const authorization = async () => (await ask(index, '/demo/file')).header('authorization')
        await expect.poll(authorization, { timeout: 10_000 }).not.toBe(first)
    })

    test('the twin: these tests see a signature that is kept for an hour', async () => {
        const edit = (_name: string, content: string) =>
            content.replaceAll('now / 60000', 'now / 3600000').replace('timeout=60s', 'timeout=3h')
        const index = await start({ edit })
        await clock.advance(60 - ((clock.now().getTime() / 60_000) % 60) + 0.1)
        const first = signatureOf(await ask(index, '/demo/file'))
        await clock.advance(20)
        const second = signatureOf(await ask(index, '/demo/file'))
        if (keeps) expect(second).toEqual(first)
        else expect(second).not.toEqual(first)
    })
})
