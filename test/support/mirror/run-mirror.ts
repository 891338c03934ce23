import { mirror, type MirrorOptions } from '../../../scripts/mirror/mirror.js'
import { SourceClient } from '../../../scripts/mirror/source-client.js'
import { findCredentials, parseIndexUrl } from '../../../scripts/mirror/source-credentials.js'
import { wantedProjects, type Wanted } from '../../../scripts/mirror/wanted.js'
import type { Bucket } from '../../../scripts/s3/bucket.js'
import { sha256Of } from '../public/offered-files.js'
import type { S3Server } from '../s3/s3-servers.js'
import { newBucket } from '../s3/test-bucket.js'
import { startPypi, type PypiServer } from '../upstreams/pypi-server.js'

/** Runs a test with a source and an empty bucket. */
export async function withSource(
    s3: S3Server,
    body: (pypi: PypiServer, bucket: Bucket) => Promise<void>,
): Promise<void> {
    const pypi = await startPypi()
    try {
        await body(pypi, await newBucket(s3))
    } finally {
        await pypi.close()
    }
}

/** Mirrors without credentials, and shows the result. @param wanted projects, or what a file names */
export async function runMirror(
    bucket: Bucket,
    from: string,
    wanted: (string | Wanted)[],
    options: Partial<MirrorOptions> = {},
) {
    const source = parseIndexUrl(from)
    const warnings: string[] = []
    const warn = (message: string) => void warnings.push(message)
    const client = new SourceClient(await findCredentials(source, { NETRC: '/dev/null' }), warn, 2000)
    try {
        const all = wanted.flatMap((each) => (typeof each === 'string' ? wantedProjects([each]) : [each]))
        const defaults = { jobs: 4, dryRun: false, merge: false, acceptUnhashed: false, warn }
        const report = await mirror(bucket, client, source.url, all, { ...defaults, ...options })
        return { ...report, warnings, statuses: report.files.map(({ filename, status }) => `${filename} ${status}`) }
    } finally {
        client.close()
    }
}

/** What a lock names: a file of acme. */
export const locked = (filename: string, bytes: Buffer): Wanted => ({
    project: 'acme',
    where: 'uv.lock',
    specifiers: [],
    specifierText: '',
    files: [{ filename, digests: [{ algorithm: 'sha256', hex: sha256Of(bytes) }] }],
})
