import crypto from 'crypto'
import { partOf, type ByteSource, type Engine } from '../../core/byte-source.js'
import { readForm } from '../../core/upload/form.js'
import { RefusedUpload } from '../../core/upload/refused-upload.js'
import type { Audit } from './audit.js'
import { asBuffer } from './body-source.js'
import { digestOf } from './digests.js'
import type { NginxBucket } from './nginx-bucket.js'
import { storeFile } from './store-file.js'
export interface UploadContext { bucket: NginxBucket; body: ByteSource; contentType: string; engine: Engine; mayUpload: (project: string) => boolean; now: Date; id: string; audit: Audit }
export async function takeUpload(c: UploadContext): Promise<string> {
    const { bucket, body, engine, audit } = c
    const hash = crypto.createHash('sha256')
    const form = await readForm(body, c.contentType, engine, (bytes) => void hash.update(asBuffer(bytes)))
    const sha256 = hash.digest('hex')
    Object.assign(audit, { filename: form.file.filename, size: form.file.size, sha256 })
    const project = form.fields.get('name') ?? ''
    if (!c.mayUpload(project)) throw new RefusedUpload(403, 'no right', '')
    const file = partOf(body, form.file.offset, form.file.size)
    const md5 = await digestOf('md5', file, engine)
    const buffer = engine.allocate(Math.min(8 << 20, file.size))
    const r = await storeFile(bucket, { key: project + '/' + form.file.filename, headers: { contentType: 'a/b', cacheControl: 'x', metadata: { sha256 } }, size: file.size, sha256, md5, offset: form.file.offset, bodySha256: () => digestOf('sha256', body, engine),
      read: (p, n) => { file.readInto(buffer, p, n); return asBuffer(n === buffer.length ? buffer : buffer.subarray(0, n)) }, id: c.id }, true)
    if (r.outcome === 'refused') throw new RefusedUpload(400, "File already exists ('x')", 'cure')
    const got = await bucket.get(project + '/index.json'); await bucket.put(project + '/index.json', Buffer.from('{}' + Math.random()), { contentType: 'application/json', cacheControl: 'no-cache' }, got ? { etag: got.etag } : 'absent')
    return JSON.stringify([r, await bucket.listAll(''), await bucket.folders()])
}
