import {
    CreateBucketCommand,
    DeleteObjectsCommand,
    GetObjectCommand,
    HeadObjectCommand,
    ListObjectsV2Command,
    PutObjectCommand,
    S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostileNames } from '../support/requests/hostile-keys.js'
import { describeWhere, missingPrograms } from '../support/machine/requirements.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'

const big = randomBytes(20_000_000)

let server: S3Server
beforeAll(async () => {
    server = await startS3('embedded')
})
afterAll(() => server.close())

describe('the AWS SDK for JavaScript', () => {
    const Bucket = 'sdk'
    const clientWith = (secretAccessKey: string): S3Client =>
        new S3Client({
            endpoint: server.endpoint,
            region: server.region,
            forcePathStyle: true,
            credentials: { accessKeyId: server.accessKeyId, secretAccessKey },
            maxAttempts: 1,
        })
    let client: S3Client

    beforeAll(async () => {
        client = clientWith(server.secretAccessKey)
        await client.send(new CreateBucketCommand({ Bucket }))
    })
    afterAll(() => client.destroy())

    const read = async (Key: string): Promise<Buffer> => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
        return Buffer.from((await Body?.transformToByteArray()) ?? [])
    }

    test.each(hostileNames)('the key %s', async (Key) => {
        await client.send(new PutObjectCommand({ Bucket, Key, Body: `body of ${Key}` }))
        expect((await read(Key)).toString()).toBe(`body of ${Key}`)
        const { Contents } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: Key }))
        expect(Contents?.map((object) => object.Key)).toContain(Key)
        await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } }))
        await expect(read(Key)).rejects.toThrow('The specified key does not exist')
    })

    test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)('a stream with %s', async (algorithm) => {
        const Body = Readable.from([big.subarray(0, 300_000), big.subarray(300_000, 1_000_000)])
        await client.send(
            new PutObjectCommand({ Bucket, Key: algorithm, Body, ContentLength: 1e6, ChecksumAlgorithm: algorithm }),
        )
        expect((await read(algorithm)).equals(big.subarray(0, 1_000_000))).toBe(true)
    })

    test('a multipart upload', async () => {
        const params = { Bucket, Key: 'big', Body: Readable.from([big]), ChecksumAlgorithm: 'SHA256' as const }
        await new Upload({ client, params }).done()
        expect((await read('big')).equals(big)).toBe(true)
        const { ETag, ContentLength } = await client.send(new HeadObjectCommand({ Bucket, Key: 'big' }))
        expect([ETag?.slice(-3), ContentLength]).toEqual(['-4"', big.length])
    })

    test('a wrong secret', async () => {
        const impostor = clientWith('wrong')
        await expect(impostor.send(new ListObjectsV2Command({ Bucket }))).rejects.toThrow('signature')
        impostor.destroy()
    })
})

describeWhere('the aws command line', missingPrograms(['aws', 'curl'], 'awscli curl'), () => {
    let folder: string
    beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), 'nginx-s3-pypi-aws-'))
        await mkdir(join(folder, 'up'))
        await writeFile(join(folder, 'up', 'big'), big)
        for (let index = 0; index < 1001; index++) await writeFile(join(folder, 'up', `é ${index}+x`), String(index))
    })
    afterAll(() => rm(folder, { recursive: true }))

    const run = async (program: string, ...args: string[]): Promise<string> => {
        const environment = {
            PATH: process.env['PATH'],
            HOME: folder,
            AWS_ACCESS_KEY_ID: server.accessKeyId,
            AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
            AWS_DEFAULT_REGION: server.region,
            AWS_EC2_METADATA_DISABLED: 'true',
            AWS_CONFIG_FILE: '/dev/null',
            AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
            PYTHONIOENCODING: 'utf-8',
            LC_ALL: 'C.UTF-8',
        }
        const { stdout } = await promisify(execFile)(program, args, { cwd: folder, env: environment, timeout: 100_000 })
        return stdout
    }
    const aws = (...args: string[]): Promise<string> => run('aws', '--endpoint-url', server.endpoint, ...args)

    test('mb, sync, ls, cp, mv, presign, rm, rb', { timeout: 300_000 }, async () => {
        await aws('s3', 'mb', 's3://cli')
        await aws('s3', 'sync', '--quiet', 'up', 's3://cli/sync')
        expect((await aws('s3', 'ls', '--recursive', 's3://cli')).trimEnd().split('\n')).toHaveLength(1002)
        expect(await aws('s3', 'sync', 'up', 's3://cli/sync')).toBe('')

        await aws('s3', 'mv', '--quiet', 's3://cli/sync/big', 's3://cli/moved')
        await aws('s3', 'cp', '--quiet', 's3://cli/moved', 'down')
        expect((await readFile(join(folder, 'down'))).equals(big)).toBe(true)

        const url = (await aws('s3', 'presign', 's3://cli/sync/é 7+x')).trim()
        expect(await run('curl', '-s', url)).toBe('7')
        expect(await run('curl', '-s', url.replace(/Signature=./, 'Signature=0'))).toContain('SignatureDoesNotMatch')

        await expect(aws('s3', 'rb', 's3://cli')).rejects.toThrow('BucketNotEmpty')
        await aws('s3', 'rm', '--recursive', '--quiet', 's3://cli')
        await aws('s3', 'rb', 's3://cli')
        expect(await aws('s3', 'ls')).not.toContain('cli')
    })
})
