import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { failingShare, startFaultProxy } from '../support/upstreams/fault-proxy.js'
import { brokenPromises, filesOf, readIndex } from '../support/index/pages.js'
import { describeWhere } from '../support/machine/requirements.js'
import { missingS3 } from '../support/s3/missing-s3.js'
import { firstStart, startS3, type S3Name, type S3Server } from '../support/s3/s3-servers.js'
import { bucketAt, newBucket } from '../support/s3/test-bucket.js'
import { wheelFile } from '../support/distributions/distributions.js'

const publishers = Array.from({ length: 50 }, (_, number) => number)

/** Which publishers run at once, and the share of the answers that fail: that is the harder case of each. */
interface Case {
    into: 'one project' | '50 new projects'
    share: number
}

const one = (share: number): Case => ({ into: 'one project', share })
const many = (share: number): Case => ({ into: '50 new projects', share })

const servers: [S3Name, Case[]][] = [
    ['embedded', [one(0.2), many(0)]],
    ['rgw', [one(0), one(0.2), many(0.2)]],
    ['rgw-forky', [one(0.2)]],
    ['swift', [one(0.2), many(0.2)]],
    ['versitygw', [one(0.2), many(0.2)]],
]

for (const [name, cases] of servers) {
    describeWhere(`50 publishers at once on ${name}`, missingS3(name), () => {
        let server: S3Server
        beforeAll(async () => void (server = await startS3(name)), firstStart)
        afterAll(() => server.close())

        const title = 'into $into, with a share of $share of the answers 500, 503 or cut'
        test.for(cases)(title, { timeout: 420_000 }, async ({ into, share }, { task }) => {
            task.meta.tested = { what: 's3', server: name, version: server.version, feature: '50 publishers at once' }
            const bucket = await newBucket(server)
            await (into === 'one project' ? publishIntoOne : publishIntoNew)(server, bucket, share)
            expect(await brokenPromises(bucket)).toEqual([])
        })
    })
}

async function publishIntoOne(server: S3Server, bucket: Bucket, share: number): Promise<void> {
    const files = publishers.map((number) => ({ name: 'Acme', version: `1.${number}+cu12`, requiresPython: '>=3.8' }))
    await publishAll(server, bucket, await Promise.all(files.map((file) => wheelFile(file))), share)
    const expected = publishers.map((number) => `acme-1.${number}+cu12-py3-none-any.whl`)
    expect(await filesOf(bucket, 'acme')).toEqual(expected.sort())
    expect((await readIndex(bucket)).projects).toEqual(['acme'])
}

async function publishIntoNew(server: S3Server, bucket: Bucket, share: number): Promise<void> {
    const names = publishers.map((number) => `project-${number}`).sort()
    const files = await Promise.all(names.map((name) => wheelFile({ name, version: '1.0' })))
    await publishAll(server, bucket, files, share)
    const seen = await readIndex(bucket)
    expect(seen.projects).toEqual(names)
    expect([...seen.json].map(([name, entries]) => [name, entries.length])).toEqual(names.map((name) => [name, 1]))
    expect([...seen.html].map(([name, entries]) => [name, entries.length])).toEqual(names.map((name) => [name, 1]))
}

/** Publishes each file by a publisher of its own, while the pages are looked at all the time. */
async function publishAll(server: S3Server, bucket: Bucket, paths: string[], share: number): Promise<void> {
    const proxy = await startFaultProxy(server.endpoint, failingShare(share, 42))
    let done = false
    const broken: string[] = []
    const watch = (async () => {
        const checked = new Set<string>()
        while (!done) {
            broken.push(...(await brokenPromises(bucket, checked)))
            await sleep(300)
        }
    })()
    try {
        await Promise.all(
            paths.map((path) => publish(bucketAt(server, bucket.name, { endpoint: proxy.endpoint }), [path])),
        )
    } finally {
        done = true
        await watch
        await proxy.close()
    }
    expect(broken).toEqual([])
}
