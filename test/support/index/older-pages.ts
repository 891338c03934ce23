import { gunzipSync } from 'node:zlib'
import type { Bucket } from '../../../scripts/s3/bucket.js'

const uncompressed = { contentType: 'application/octet-stream', cacheControl: 'no-cache' }

/** Stores the pages of a project as version 0.1.0 did: uncompressed, with the ETags of files and of their .metadata. */
export async function ageProject(bucket: Bucket, project: string): Promise<void> {
    const page = JSON.parse(await textOf(bucket, `${project}/index.json`)) as { files: Record<string, unknown>[] }
    for (const file of page.files) {
        const key = `${project}/${file.filename as string}`
        file._etag = (await bucket.head(key))!.etag
        if (file['core-metadata']) file['_core-metadata-etag'] = (await bucket.head(`${key}.metadata`))!.etag
    }
    // A line for each file, as the publisher writes it.
    const { files, ...head } = page
    const lines = files.map((file) => JSON.stringify(file)).join(',\n')
    const text = `${JSON.stringify(head).slice(0, -1)},"files":[\n${lines}\n]}\n`
    const etag = await bucket.write(`${project}/index.json`, Buffer.from(text), uncompressed)
    const html = Buffer.from(await textOf(bucket, `${project}/index.html`))
    const headers = { ...uncompressed, contentType: 'text/html', metadata: { 'index-json-etag': etag } }
    await bucket.write(`${project}/index.html`, html, headers)
}

/** Leaves a project the page that the recipe of 2018 wrote: HTML only, uncompressed. */
export async function leaveHtmlOnly(bucket: Bucket, project: string): Promise<void> {
    const html = Buffer.from(await textOf(bucket, `${project}/index.html`))
    await bucket.write(`${project}/index.html`, html, { ...uncompressed, contentType: 'text/html' })
    await bucket.delete([`${project}/index.json`])
}

async function textOf(bucket: Bucket, key: string): Promise<string> {
    return gunzipSync((await bucket.get(key))!.body).toString()
}
