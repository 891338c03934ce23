import { parseRange } from './byte-range.js'
import type { ObjectMetadata } from './object-file.js'
import type { Operation } from './operation.js'
import { isNotModified, rangeApplies } from './preconditions.js'
import { parameter, type Query } from './request-target.js'
import type { Headers, S3Response } from './request.js'
import { element } from './xml.js'

/** GetObject. */
export const getObject: Operation = ({ storage }, { target, headers }) => {
    const bucket = storage.bucket(target.bucket as string)
    const object = bucket.find(target.key as string)
    const { first, last, response } = select(object, headers, target.query)
    return response.status === 304 ? response : { ...response, body: bucket.read(object.key, first, last) }
}

/** HeadObject. */
export const headObject: Operation = ({ storage }, { target, headers }) =>
    select(storage.bucket(target.bucket as string).find(target.key as string), headers, target.query).response

const overridden = [
    'cache-control',
    'content-disposition',
    'content-encoding',
    'content-language',
    'content-type',
    'expires',
]

/** Whether a query parameter replaces a header of the response: `response-content-type`. */
export function isResponseOverride(name: string): boolean {
    return overridden.includes(name.slice('response-'.length))
}

function responseOverrides(query: Query): Record<string, string> {
    return Object.fromEntries(
        overridden.flatMap((name) => {
            const value = parameter(query, `response-${name}`)
            return value === undefined ? [] : [[name, value]]
        }),
    )
}

/** GetObjectTagging, which the AWS CLI calls. Always empty, since writes with tags are refused. */
export const getObjectTagging: Operation = ({ storage }, { target }) => {
    storage.bucket(target.bucket as string).find(target.key as string)
    return { status: 200, body: element('Tagging', [element('TagSet', [])]) }
}

/** The requested byte range, and the response without a body. */
function select(
    object: ObjectMetadata,
    headers: Headers,
    query: Query,
): { first: number; last: number; response: S3Response } {
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
                ...responseOverrides(query),
                ...validators,
                'Accept-Ranges': 'bytes',
                'Content-Length': String(last - first + 1),
                ...(range === undefined ? {} : { 'Content-Range': `bytes ${first}-${last}/${object.size}` }),
                ...(withChecksum ? object.checksum : {}),
            },
        },
    }
}
