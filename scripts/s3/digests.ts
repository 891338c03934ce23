import { createHash } from 'node:crypto'

/** @returns hex */
export function sha256Of(body: Buffer): string {
    return createHash('sha256').update(body).digest('hex')
}

/** @returns hex: the ETag of an object uploaded in one part without SSE-KMS */
export function md5Of(body: Buffer): string {
    return createHash('md5').update(body).digest('hex')
}
