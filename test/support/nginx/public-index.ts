import { PutObjectCommand } from '@aws-sdk/client-s3'
import { clientOf, environmentOf, makeBucket } from '../s3/bucket.js'
import { startS3 } from '../s3/s3-servers.js'
import { startPypi, type PypiServer } from '../upstreams/pypi-server.js'
import { pypiFiles, type PypiPage } from '../public/pypi-page.js'
import { startIndex, type Index, type IndexOptions } from './start-index.js'

/** Runs a test with an index that also serves the packages of a PyPI. */
export async function withPublicIndex(
    objects: Record<string, string>,
    options: Partial<IndexOptions>,
    body: (index: Index, pypi: PypiServer, put: (key: string, content: string) => Promise<void>) => Promise<void>,
): Promise<void> {
    const s3 = await startS3('embedded')
    const pypi = await startPypi()
    const bucket = await makeBucket(s3, objects)
    const index = await startIndex({
        ...{ endpointUrl: s3.endpoint, bucket, environment: environmentOf(s3), cached: true, pageTtl: '1' },
        public: pypi.url,
        ...options,
    })
    try {
        await body(index, pypi, async (key, content) => {
            const client = clientOf(s3)
            await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: content }))
            client.destroy()
        })
    } finally {
        await index.stop()
        await pypi.close()
        await s3.close()
    }
}

/** Puts a page and its files on the server. The content of a file is its name. */
export function publish(pypi: PypiServer, page: PypiPage): void {
    pypi.pages[page.name] = JSON.stringify(page).replaceAll(pypiFiles, `${pypi.endpoint}/packages/`) + '\n'
    for (const { url, filename } of page.files) pypi.files[url.slice(pypiFiles.length)] = filename
}
