import { parseRange } from './byte-range.js'
import type { ObjectMetadata } from './object-file.js'
import type { Operation } from './operation.js'
import { isNotModified, rangeApplies } from './preconditions.js'
import type { Headers, S3Response } from './request.js'
import { element } from './xml.js'

/** GetObject. */
export const getObject: Operation = ({ storage }, { target, headers }) => {
    const bucket = storage.bucket(target.bucket as string)
    const object = bucket.find(target.key as string)
    const { first, last, response } = select(object, headers)
    return response.status === 304 ? response : { ...response, body: bucket.read(object.key, first, last) }
}

/** HeadObject. */
export const headObject: Operation = ({ storage }, { target, headers }) =>
    select(storage.bucket(target.bucket as string).find(target.key as string), headers).response

/** GetObjectTagging, which the AWS CLI calls. Always empty, since writes with tags are refused. */
export const getObjectTagging: Operation = ({ storage }, { target }) => {
    storage.bucket(target.bucket as string).find(target.key as string)
    return { status: 200, body: element('Tagging', [element('TagSet', [])]) }
}

/** The requested byte range, and the response without a body. */
function select(object: ObjectMetadata, headers: Headers): { first: number; last: number; response: S3Response } {
    const all = { first: 0, last: object.size - 1 }
    const validators = { ETag: `"${object.etag}"`, 'Last-Modified': new Date(object.lastModified).toUTCString() }
    if (isNotModified(object, headers)) return { ...all, response: { status: 304, headers: validators } }
    const range = rangeApplies(object, headers) ? parseRange(headers.get('range'), object.size) : undefined
    const { first, last } = range ?? all
    const withChecksum = range === undefined && headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED'
    return {
        first,
        last,
        response: {
            status: range === undefined ? 200 : 206,
            headers: {
                ...object.headers,
                ...validators,
                'Accept-Ranges': 'bytes',
                'Content-Length': String(last - first + 1),
                ...(range === undefined ? {} : { 'Content-Range': `bytes ${first}-${last}/${object.size}` }),
                ...(withChecksum ? object.checksum : {}),
            },
        },
    }
}
