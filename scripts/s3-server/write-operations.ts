import { headersToStore } from './object-headers.js'
import type { Operation } from './operation.js'
import { writeCondition } from './preconditions.js'
import { verifiedBody } from './request-body.js'
import { sortKeyOf } from './key-names.js'

/** PutObject. */
export const putObject: Operation = async ({ storage }, request) => {
    const { target, time } = request
    const key = target.key as string
    const bucket = storage.bucket(target.bucket as string)
    const condition = writeCondition(request.headers)
    // Known to fail already? Then the client need not send the body. It is asked again when the body is there.
    condition(bucket.objects.get(sortKeyOf(key)), key)
    const headers = headersToStore(request.headers)
    const body = verifiedBody(request)
    const describe = () => {
        const { size, md5, checksum } = body.digests()
        return { key, size, etag: md5, lastModified: wholeSecond(time), headers, checksum }
    }
    const { etag, checksum } = await storage.put(bucket, body.content, describe, condition)
    return { status: 200, headers: { ETag: `"${etag}"`, ...checksum } }
}

/** HTTP dates have no fractions; a stored time that has some would never equal the date that a client sends back. */
export function wholeSecond(time: number): number {
    return Math.floor(time / 1000) * 1000
}
