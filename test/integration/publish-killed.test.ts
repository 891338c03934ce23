import { afterAll, beforeAll, expect, test } from 'vitest'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { startFaultProxy, type Fate } from '../support/upstreams/fault-proxy.js'
import { brokenPromises, filesOf, readIndex } from '../support/index/pages.js'
import { describeWhere, missingSwift } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { environmentOf, newBucket } from '../support/s3/test-bucket.js'
import { makeSdist, makeWheel, wheelFile, writeDistributions } from '../support/distributions/distributions.js'

/** More than any publish here sends: the loop over them ends by itself. */
const mostRequests = 60

const servers = [
    ['embedded', undefined, 'new project', ['before', 'after']],
    ['embedded', undefined, 'known project', ['before', 'after']],
    // Before a call is after the one before it: where each takes long, once is enough.
    ['swift', missingSwift(), 'new project', ['after']],
] as const

for (const [name, missing, project, moments] of servers) {
    describeWhere(`a publisher to a ${project} on ${name} that is killed`, missing, () => {
        let server: S3Server
        let files: string[]
        beforeAll(async () => {
            server = await startS3(name)
            const recipe = { name: 'acme', version: '2.0+cu12', requiresPython: '>=3.8' }
            files = await writeDistributions(makeWheel(recipe), await makeSdist(recipe))
        })
        afterAll(() => server.close())

        test.each(moments)('%s each of its S3 calls loses nothing', { timeout: 600_000 }, async (when) => {
            let killed = 0
            for (let call = 1; call <= mostRequests; call++) {
                const bucket = await newBucket(server)
                const old = project === 'known project' ? [await wheelFile({ name: 'acme', version: '1.0' })] : []
                if (old.length > 0) await publish(bucket, old)
                const finished = await publishKilled(server, bucket, files, call, when)
                expect(await brokenPromises(bucket), `call ${call}`).toEqual([])
                const seen = await readIndex(bucket)
                if (old.length > 0) expect(seen.json.get('acme')!.length, `call ${call}`).toBeGreaterThan(0)

                // Half of them are healed by publishing again, half by a rebuild.
                const uploaded = await uploadedFiles(bucket)
                if (call % 2 === 0) await publish(bucket, files)
                else await rebuild(new PackageIndex(bucket), {})
                const expected = call % 2 === 0 ? await uploadedFiles(bucket) : uploaded
                expect(await filesOf(bucket, 'acme'), `call ${call}`).toEqual(expected)
                expect((await verify(bucket, { deep: true })).problems, `call ${call}`).toEqual([])
                if (call % 2 === 0) expect(expected.length).toBe(old.length + 2)
                if (finished) break
                killed++
            }
            // A wheel, its metadata, an sdist, the pages: whatever the server, there are this many calls to be killed at.
            expect(killed).toBeGreaterThanOrEqual(10)
            expect(killed).toBeLessThan(mostRequests)
        })
    })
}

/** Publishes in a program of its own, and kills that at one of its calls. @returns whether it ended before */
async function publishKilled(
    server: S3Server,
    bucket: Bucket,
    files: string[],
    call: number,
    when: 'before' | 'after',
): Promise<boolean> {
    const end = new AbortController()
    const proxy = await startFaultProxy(server.endpoint, ({ number }): Fate => {
        if (number !== call) return 'pass'
        if (when === 'before') end.abort()
        return when === 'before' ? 'cut' : 'cut after'
    })
    // Where S3 has done what was asked, the answer is cut: the program is dead before it could ask again.
    proxy.onCut = () => end.abort()
    const { status, stderr } = await runProgram('publish-package', [bucket.name, ...files], {
        environment: environmentOf(server, proxy.endpoint),
        killed: end.signal,
    })
    await proxy.close()
    expect([undefined, 0], stderr).toContain(status)
    return status === 0
}

async function uploadedFiles(bucket: Bucket): Promise<string[]> {
    const names: string[] = []
    for await (const { key } of bucket.list('acme/'))
        if (/\.(?:whl|gz)$/.test(key)) names.push(key.slice('acme/'.length))
    return names.sort()
}
