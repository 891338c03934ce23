import { createHash } from 'node:crypto'
import { rebuild } from '../../../scripts/index/repair/rebuild.js'
import { PackageIndex } from '../../../scripts/index/update/package-index.js'
import { makeBucket } from '../s3/bucket.js'
import type { S3Server } from '../s3/s3-servers.js'
import { bucketAt } from '../s3/test-bucket.js'
import { makeWheel } from '../distributions/distributions.js'

/** A requirement that the sample index fulfils, with its hash, and the module that it brings. */
export interface SampleIndex {
    bucket: string
    /** A line for pip's `--requirement`. */
    requirement: string
    module: string
    version: string
    /** The path of the file in the index, encoded as pip does. */
    file: string
}

/** A bucket as the 2018 recipe fills it: a file with a `+` in its name, and pages that were written by hand. */
export async function makeSampleIndex(s3: S3Server, more: Record<string, Buffer> = {}): Promise<SampleIndex> {
    const version = '1.0+cu12'
    const { filename, bytes } = makeWheel({ name: 'Demo.Pkg', version })
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const bucket = await makeBucket(s3, {
        'index.html': '<!DOCTYPE html><a href="demo-pkg/">demo-pkg</a>',
        'demo-pkg/index.html': `<!DOCTYPE html><a href="${encodeURIComponent(filename)}#sha256=${sha256}">${filename}</a>`,
        [`demo-pkg/${filename}`]: bytes,
        ...more,
    })
    const requirement = `Demo.Pkg==${version} --hash=sha256:${sha256}`
    return { bucket, requirement, module: 'demo_pkg', version, file: `/demo-pkg/${encodeURIComponent(filename)}` }
}

/** Gives it the pages of `manage-index rebuild`: a bucket of the recipe takes no uploads without a project list. */
export async function rebuildSample(s3: S3Server, { bucket }: SampleIndex): Promise<void> {
    await rebuild(new PackageIndex(bucketAt(s3, bucket)), {})
}
