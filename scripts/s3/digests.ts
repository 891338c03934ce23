import { createHash } from 'node:crypto'

/** @returns hex */
export function sha256Of(body: Buffer): string {
    return createHash('sha256').update(body).digest('hex')
}

/** Hex: the ETag of an object that was uploaded in one part and is not encrypted with a key of AWS KMS. */
export function md5Of(body: Buffer): string {
    return createHash('md5').update(body).digest('hex')
}
