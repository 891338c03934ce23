import { S3Error } from './errors.js'
import type { Operation } from './operation.js'
import { readText } from './request-body.js'
import { element, readXml, textOf } from './xml.js'

/** ListBuckets. */
export const listBuckets: Operation = ({ storage }) => ({
    status: 200,
    body: element('ListAllMyBucketsResult', [
        element('Owner', [element('ID', 'owner'), element('DisplayName', 'owner')]),
        element(
            'Buckets',
            storage
                .buckets()
                .map(({ name, created }) =>
                    element('Bucket', [element('Name', name), element('CreationDate', created)]),
                ),
        ),
    ]),
})

/** CreateBucket. */
export const createBucket: Operation = async ({ storage, region }, request) => {
    const bucket = request.target.bucket as string
    const hasBody = Number(request.headers.get('content-length') ?? 0) > 0
    const document = hasBody ? await readText(request, 64 * 1024) : ''
    if (document !== '') {
        const location = textOf(readXml(document, 'CreateBucketConfiguration'), 'LocationConstraint')
        if (location !== undefined && location !== region) {
            throw new S3Error('InvalidLocationConstraint', 'The specified location-constraint is not valid', {
                LocationConstraint: location,
            })
        }
    }
    storage.createBucket(bucket, request.time)
    return { status: 200, headers: { Location: `/${bucket}` } }
}

/** HeadBucket. */
export const headBucket: Operation = ({ storage, region }, { target }) => {
    storage.bucket(target.bucket as string)
    return { status: 200, headers: { 'x-amz-bucket-region': region } }
}

/** DeleteBucket. */
export const deleteBucket: Operation = ({ storage }, { target }) => {
    storage.deleteBucket(target.bucket as string)
    return { status: 204 }
}

/** GetBucketLocation. The location of us-east-1 is empty. */
export const getBucketLocation: Operation = ({ storage, region }, { target }) => {
    storage.bucket(target.bucket as string)
    return { status: 200, body: element('LocationConstraint', region === 'us-east-1' ? '' : region) }
}
