import { S3Error } from './errors.js'
import { keyOfSortKey, sortKeyOf } from './key-names.js'
import { listObjects, type ListEntry, type ListPage } from './list-objects.js'
import type { ObjectMetadata } from './object-file.js'
import type { Operation } from './operation.js'
import { parameter, type Query } from './request-target.js'
import { element, type XmlElement } from './xml.js'

/** ListObjectsV2. */
export const listObjectsV2: Operation = ({ storage }, { target }) => {
    const common = readCommon(target.query)
    const startAfter = parameter(target.query, 'start-after') ?? ''
    const token = parameter(target.query, 'continuation-token')
    const page = listObjects(storage.bucket(target.bucket as string).objects, {
        ...common.list,
        from: token === undefined ? '' : readToken(token),
        after: token === undefined ? sortKeyOf(startAfter) : '',
    })
    return {
        status: 200,
        body: element('ListBucketResult', [
            ...common.describe(target.bucket as string, page),
            element('KeyCount', page.entries.length),
            ...(token === undefined ? [] : [element('ContinuationToken', token)]),
            ...(startAfter === '' ? [] : [element('StartAfter', common.encode(startAfter))]),
            ...(page.next === undefined ? [] : [element('NextContinuationToken', writeToken(page.next))]),
            ...page.entries.map((entry) => describeEntry(entry, common.encode)),
        ]),
    }
}

/** ListObjects, version 1. */
export const listObjectsV1: Operation = ({ storage }, { target }) => {
    const common = readCommon(target.query)
    const marker = parameter(target.query, 'marker') ?? ''
    const list = { ...common.list, from: '', after: sortKeyOf(marker) }
    const page = listObjects(storage.bucket(target.bucket as string).objects, list)
    const last = page.next === undefined || list.delimiter === '' ? undefined : page.entries.at(-1)
    return {
        status: 200,
        body: element('ListBucketResult', [
            ...common.describe(target.bucket as string, page),
            element('Marker', common.encode(marker)),
            ...(last === undefined ? [] : [element('NextMarker', common.encode(keyOfSortKey(last.name)))]),
            ...page.entries.map((entry) => describeEntry(entry, common.encode)),
        ]),
    }
}

type Encode = (text: string) => string

/** The parameters that both versions share, and the response elements that repeat them. */
function readCommon(query: Query) {
    const [prefix, delimiter, encoding] = ['prefix', 'delimiter', 'encoding-type'].map((name) => parameter(query, name))
    const maxKeys = readCount(query, 'max-keys')
    const encode = readEncoding(encoding)
    return {
        encode,
        list: {
            prefix: sortKeyOf(prefix ?? ''),
            delimiter: sortKeyOf(delimiter ?? ''),
            maxKeys: Math.min(maxKeys, 1000),
        },
        describe: (bucket: string, page: ListPage): XmlElement[] => [
            element('Name', bucket),
            element('Prefix', encode(prefix ?? '')),
            element('MaxKeys', maxKeys),
            ...(delimiter ? [element('Delimiter', encode(delimiter))] : []),
            ...(encoding === undefined ? [] : [element('EncodingType', encoding)]),
            element('IsTruncated', page.next !== undefined),
        ],
    }
}

/** @throws S3Error InvalidArgument */
export function readCount(query: Query, name: string): number {
    const count = parameter(query, name) ?? '1000'
    if (/^\d{1,9}$/.test(count)) return Number(count)
    throw new S3Error('InvalidArgument', `Provided ${name} not an integer or within integer range`)
}

/** @param encoding the parameter encoding-type @throws S3Error InvalidArgument */
export function readEncoding(encoding: string | undefined): Encode {
    if (encoding === undefined) return (text) => text
    if (encoding === 'url') return encodeKey
    throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request')
}

function describeEntry({ name, object }: ListEntry, encode: Encode): XmlElement {
    if (object === undefined) return element('CommonPrefixes', [element('Prefix', encode(keyOfSortKey(name)))])
    return element('Contents', describeObject(object, encode))
}

function describeObject({ key, lastModified, etag, size }: ObjectMetadata, encode: Encode): XmlElement[] {
    return [
        element('Key', encode(key)),
        element('LastModified', new Date(lastModified).toISOString()),
        element('ETag', `"${etag}"`),
        element('Size', size),
        element('StorageClass', 'STANDARD'),
    ]
}

/** Encoding type url, which keeps slashes. S3 encodes a space as +, but all clients also decode %20. */
function encodeKey(key: string): string {
    return encodeURIComponent(key).replaceAll('%2F', '/')
}

function writeToken(next: string): string {
    return Buffer.from(next, 'latin1').toString('base64url')
}

function readToken(token: string): string {
    const next = Buffer.from(token, 'base64url').toString('latin1')
    if (next === '' || writeToken(next) !== token) {
        throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect')
    }
    return next
}
