import { S3Error } from './errors.js'
import { sortKeyOf } from './key-names.js'
import { readCount, readEncoding } from './list-operations.js'
import { MultipartUpload } from './multipart-upload.js'
import type { Operation } from './operation.js'
import { parameter } from './request-target.js'
import { element } from './xml.js'

/** ListMultipartUploads, without a delimiter. */
export const listMultipartUploads: Operation = ({ storage }, { target }) => {
    const [bucket, query] = [target.bucket as string, target.query]
    if (parameter(query, 'delimiter')) throw new S3Error('NotImplemented', 'Uploads are listed without a delimiter')
    const prefix = parameter(query, 'prefix') ?? ''
    const keyMarker = parameter(query, 'key-marker') ?? ''
    // Ignored without the marker of a key.
    const idMarker = keyMarker === '' ? '' : (parameter(query, 'upload-id-marker') ?? '')
    const encoding = parameter(query, 'encoding-type')
    const encode = readEncoding(encoding)
    const maxUploads = readCount(query, 'max-uploads')

    const after = positionOf(keyMarker, idMarker)
    const found = MultipartUpload.list(storage.bucket(bucket))
        .filter(({ key }) => key.startsWith(prefix))
        // Without the marker of an upload, a page begins behind all uploads of the key.
        .filter(({ key, id }) => (idMarker !== '' || key !== keyMarker) && positionOf(key, id) > after)
        .sort((one, other) => (positionOf(one.key, one.id) < positionOf(other.key, other.id) ? -1 : 1))
    const page = found.slice(0, Math.min(maxUploads, 1000))
    const last = page.length < found.length ? page.at(-1) : undefined
    return {
        status: 200,
        body: element('ListMultipartUploadsResult', [
            element('Bucket', bucket),
            element('KeyMarker', encode(keyMarker)),
            element('UploadIdMarker', idMarker),
            element('Prefix', encode(prefix)),
            ...(encoding === undefined ? [] : [element('EncodingType', encoding)]),
            ...(last === undefined
                ? []
                : [element('NextKeyMarker', encode(last.key)), element('NextUploadIdMarker', last.id)]),
            element('MaxUploads', maxUploads),
            element('IsTruncated', last !== undefined),
            ...page.map(({ key, id, initiated }) =>
                element('Upload', [
                    element('Key', encode(key)),
                    element('UploadId', id),
                    element('StorageClass', 'STANDARD'),
                    element('Initiated', initiated.toISOString()),
                ]),
            ),
        ]),
    }
}

/** Sorts by the bytes of the key, then by the identifier. */
function positionOf(key: string, id: string): string {
    return `${sortKeyOf(key)}\0${id}`
}
