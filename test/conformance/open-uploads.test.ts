import type { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { listOpenUploads } from '../../scripts/s3/open-uploads.js'
import { describeWhere } from '../support/machine/requirements.js'
import { clientOf } from '../support/s3/bucket.js'
import { missingS3 } from '../support/s3/missing-s3.js'
import { leaveOpen, openKeys } from '../support/s3/open-upload.js'
import { firstStart, startS3, type S3Name, type S3Server } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'

const servers: S3Name[] = ['embedded', 'rgw', 'rgw-forky', 'versitygw', 'swift']

const own = ['acme/acme-1!2.0.tar.gz', 'acme/acme-1.0+cu118.tar.gz', 'acme/acme-2.0.tar.gz', 'best/best-1.0.zip']
const foreign = ['index/acme/notes ü %25.txt', 'other/acme/acme-1.0.tar.gz']

for (const name of servers) {
    describeWhere(`open uploads on ${name}`, missingS3(name), () => {
        let s3: S3Server
        let client: S3Client
        beforeAll(async () => {
            s3 = await startS3(name)
            client = clientOf(s3)
        }, firstStart)
        afterAll(async () => {
            client.destroy()
            await s3.close()
        })

        test('verify reports those that were killed, rebuild aborts them, and all others stay', async () => {
            const bucket = await newBucket(s3, 'index/')
            await leaveOpen(client, bucket.name, ...own.map((key) => `index/${key}`), ...foreign)
            expect((await verify(bucket, { deep: false })).problems).toEqual([])
            const now = new Date(Date.now() + 25 * 60 * 60 * 1000)
            const { problems, seesOpenUploads } = await verify(bucket, { deep: false, now })
            expect([problems.map(({ key }) => key), seesOpenUploads]).toEqual([own, true])
            expect((await rebuild(new PackageIndex(bucket), { now })).aborted).toEqual(own)
            expect(await openKeys(client, bucket.name)).toEqual(foreign)
        })

        test('a listing of many pages', async () => {
            const bucket = await newBucket(s3, 'index/')
            // versitygw does not go on within the uploads of a key.
            const twice = name === 'versitygw' ? [] : own.slice(0, 2)
            const keys = [...own, ...twice].sort()
            await leaveOpen(client, bucket.name, ...keys.map((key) => `index/${key}`), ...foreign)
            for (const size of [1, 2, 3]) {
                const uploads = await listOpenUploads(client, bucket, () => true, size)
                const found = uploads!.map(({ key }) => key).filter((key) => own.includes(key))
                expect([size, found]).toEqual([size, keys])
            }
        })
    })
}
