// Files that are in the bucket already, by another tool.

import {
    CompleteMultipartUploadCommand,
    CreateMultipartUploadCommand,
    PutObjectCommand,
    UploadPartCommand,
    type S3Client,
} from '@aws-sdk/client-s3'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { makeWheel } from '../support/distributions/distributions.js'
import { clientOf } from '../support/s3/bucket.js'
import { sendUpload } from '../support/uploads/send-upload.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'

let uploads: UploadIndex
let client: S3Client
beforeAll(async () => {
    uploads = await startUploadIndex()
    client = clientOf(uploads.s3)
})
afterAll(async () => {
    client.destroy()
    await uploads.stop()
})

type Store = (Key: string, Body: Buffer) => Promise<unknown>
const put = (Key: string, Body: Buffer, Metadata?: Record<string, string>) =>
    client.send(new PutObjectCommand({ Bucket: uploads.bucket.name, Key, Body, Metadata }))
/** Its ETag is not the MD5 of the file. */
const putInParts: Store = async (Key, Body) => {
    const place = { Bucket: uploads.bucket.name, Key }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(place))
    const { ETag } = await client.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body }))
    const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] }
    await client.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload }))
}
const changed = (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([bytes.at(-1)! ^ 1])])

const cases: [string, Store, RegExp][] = [
    ['the file', put, /^OK$/],
    ['the file, in parts', putInParts, /stored by another tool/],
    [
        'the file, in parts, then a rebuild',
        async (key, bytes) => {
            await putInParts(key, bytes)
            await rebuild(new PackageIndex(uploads.bucket), {})
        },
        /^OK$/,
    ],
    ['other bytes', (key, bytes) => put(key, changed(bytes)), /stored by another tool/],
    [
        'other bytes, then a rebuild',
        async (key, bytes) => {
            await put(key, changed(bytes))
            await rebuild(new PackageIndex(uploads.bucket), {})
        },
        /with sha256 hash '[0-9a-f]{64}'/,
    ],
    ['fewer bytes', (key, bytes) => put(key, bytes.subarray(1)), /with other bytes/],
    [
        'fewer bytes, and the metadata of the file',
        (key, bytes) => {
            const sha256 = createHash('sha256').update(bytes).digest('hex')
            return put(key, bytes.subarray(1), { sha256, 'upload-time': '2026-01-01T00:00:00.000000Z' })
        },
        /with other bytes/,
    ],
]

describe.each([0, 9 * 1024 * 1024])('a wheel with %d bytes more', (ballast) => {
    test.each(cases)('the bucket has %s', async (title, store, expected) => {
        const name = `${title.replace(/\W+/g, '-')}-${ballast}`
        expect((await sendUpload(uploads.index.port, makeWheel({ name, version: '2.0' }))).status).toBe(200)
        const file = makeWheel({ name, version: '1.0', ballast })
        const key = `${name}/${file.filename}`
        await store(key, file.bytes)
        const before = await uploads.bucket.head(key)
        const answer = await sendUpload(uploads.index.port, file)
        expect(answer.reason).toMatch(expected)
        expect(answer.status).toBe(answer.reason === 'OK' ? 200 : 400)
        expect(await uploads.bucket.head(key)).toEqual(before)
        await rebuild(new PackageIndex(uploads.bucket), {})
        expect((await verify(uploads.bucket, { deep: false })).problems).toEqual([])
    })
})
