import { fileKey } from '../../core/index/project-objects.js'
import { fileHeaders, jsonHeaders } from '../../core/index/stored-headers.js'
import { projectPages } from '../../scripts/index/stored/pages.js'
import { compressPage } from '../../scripts/index/stored/stored-page.js'
import { runWrk } from '../load.js'
import { cpuMicroseconds, type NginxInstallation } from '../measured-nginx.js'
import { inRounds, spreadOf, type RoundOptions, type RunContext, type Spread } from '../measurement.js'
import { smallWheel } from '../wheels.js'
import { json, withPublicNginx, type PublicNginx } from './public-nginx.js'
import { listedFile, pathOf, publicPage, sha256 } from './public-pages.js'

/** Hits of the cache: a public answer against a private one with the same bytes. */
export interface PublicHit {
    nginx: string
    of: string
    /** CPU time of the worker for a private answer. Microseconds. */
    microseconds: Spread
    /** CPU time for a public answer, divided by that in the same round. */
    ratio: Spread
    /** Requests per second for the private answer. */
    perSecond: Spread
    /** Requests per second for the public answer, divided by those in the same round. */
    throughput: Spread
}

const pageFiles = 48
const names = { public: 'public-demo', private: 'private-demo' }

/**
 * Measures pages of 48 files, and a wheel of some kilobytes, from the cache of the only worker.
 *
 * @param wrk its path
 */
export async function measurePublicHits(
    nginx: NginxInstallation,
    wrk: string,
    cooldown: string,
    { rounds, seconds }: RoundOptions,
    { signal, onProgress }: RunContext,
): Promise<PublicHit[]> {
    return withPublicNginx(nginx, nginx.engines[0]!, cooldown, async (setup) => {
        const { running, folder } = setup
        const hits: PublicHit[] = []
        for (const { of, addresses, encoding } of await addPairs(setup)) {
            const script = `wrk.headers["Accept"] = "${json}"\nwrk.headers["Accept-Encoding"] = "${encoding}"\n`
            const turns = await inRounds(2, { rounds, warmUp: 1 }, signal, async (index) => {
                onProgress(`${nginx.name}: ${of}`)
                const url = `http://127.0.0.1:${running.port}${addresses[index]!}`
                const before = cpuMicroseconds(running.worker)
                const answered = await runWrk(wrk, { folder, url, seconds, script })
                return {
                    microseconds: (cpuMicroseconds(running.worker) - before) / answered.requests,
                    perSecond: answered.requests / answered.seconds,
                }
            })
            const spread = (value: (turn: (typeof turns)[number]) => number) => spreadOf(turns.map(value))
            hits.push({
                ...{ nginx: nginx.name, of },
                microseconds: spread(([ours]) => ours!.microseconds),
                ratio: spread(([ours, others]) => others!.microseconds / ours!.microseconds),
                perSecond: spread(([ours]) => ours!.perSecond),
                throughput: spread(([ours, others]) => others!.perSecond / ours!.perSecond),
            })
        }
        return hits
    })
}

interface Pair {
    of: string
    /** Private, public. */
    addresses: [string, string]
    /** Accept-Encoding. */
    encoding: 'gzip' | 'identity'
}

/** Adds a public project, and the same as a project of the bucket. @throws Error when their answers differ */
async function addPairs({ upstream, bucket, get }: PublicNginx): Promise<Pair[]> {
    const { filename, bytes, metadata } = await smallWheel(names.public, '1.0')
    const file = { filename, size: bytes.length, sha256: sha256(bytes), metadataSha256: sha256(metadata) }
    const others = Array.from({ length: pageFiles - 1 }, (_, number) => listedFile(names.public, number))
    upstream.addPage(names.public, publicPage(names.public, [...others, file], `${upstream.origin}/packages/`))
    upstream.addFile(pathOf(file), bytes)

    const page = await get(`/simple/${names.public}/`)
    const privateWheel = filename.replace('public', 'private')
    await bucket.write(projectPages(names.private).jsonKey, compressPage(page), jsonHeaders)
    await bucket.write(fileKey(names.private, privateWheel), bytes, fileHeaders(privateWheel, {}))

    const pages: Pair['addresses'] = [`/simple/${names.private}/`, `/simple/${names.public}/`]
    const files: Pair['addresses'] = [`/simple/${names.private}/${privateWheel}`, `/packages/${pathOf(file)}`]
    for (const [one, other] of [pages, files]) {
        if (!(await get(one)).equals(await get(other))) throw new Error(`${one} and ${other} differ`)
    }
    return [
        { of: 'page, gzip', addresses: pages, encoding: 'gzip' },
        { of: 'page, not compressed', addresses: pages, encoding: 'identity' },
        { of: `wheel of ${bytes.length} bytes`, addresses: files, encoding: 'identity' },
    ]
}
