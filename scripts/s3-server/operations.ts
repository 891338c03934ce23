import { createBucket, deleteBucket, getBucketLocation, headBucket, listBuckets } from './bucket-operations.js'
import { deleteObject, deleteObjects } from './delete-operations.js'
import { S3Error } from './errors.js'
import { listObjectsV1, listObjectsV2 } from './list-operations.js'
import { listMultipartUploads } from './list-uploads.js'
import {
    abortMultipartUpload,
    completeMultipartUpload,
    createMultipartUpload,
    uploadPart,
    uploadPartCopy,
} from './multipart-operations.js'
import type { Operation } from './operation.js'
import { getObject, getObjectTagging, headObject, isResponseOverride } from './read-operations.js'
import type { SignedRequest } from './request.js'
import { copyObject, putObject } from './write-operations.js'

/** Operations by method, resource, and the parameter or header that selects them. */
const operations: Readonly<Record<string, Operation>> = {
    'GET service': listBuckets,
    'PUT bucket': createBucket,
    'HEAD bucket': headBucket,
    'DELETE bucket': deleteBucket,
    'GET bucket': listObjectsV1,
    'GET bucket list-type': listObjectsV2,
    'GET bucket uploads': listMultipartUploads,
    'GET bucket location': getBucketLocation,
    'GET object': getObject,
    'HEAD object': headObject,
    'PUT object': putObject,
    'PUT object copy-source': copyObject,
    'GET object tagging': getObjectTagging,
    'DELETE object': deleteObject,
    'POST bucket delete': deleteObjects,
    'POST object uploads': createMultipartUpload,
    'PUT object partNumber uploadId': uploadPart,
    'PUT object copy-source partNumber uploadId': uploadPartCopy,
    'POST object uploadId': completeMultipartUpload,
    'DELETE object uploadId': abortMultipartUpload,
}

/** Parameters that select another operation. Source: Amazon S3 API Reference, "Actions". */
const selectors = new Set(
    (
        'accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle ' +
        'list-type location logging metrics notification object-lock ownershipControls partNumber policy policyStatus ' +
        'publicAccessBlock replication requestPayment restore retention select session tagging torrent uploadId ' +
        'uploads versionId versioning versions website'
    ).split(' '),
)

/** Finds the operation of a request. @throws S3Error NotImplemented */
export function findOperation({ method, target, headers }: SignedRequest): Operation {
    const subject = target.bucket === undefined ? 'service' : target.key === undefined ? 'bucket' : 'object'
    const isRead = subject === 'object' && (method === 'GET' || method === 'HEAD')
    const selected = [...target.query.keys()].filter(
        (name) => selectors.has(name) || (name.startsWith('response-') && !(isRead && isResponseOverride(name))),
    )
    if (headers.has('x-amz-copy-source')) selected.push('copy-source')
    const operation = operations[[method, subject, ...selected.sort()].join(' ')]
    if (operation === undefined) {
        const asked = [method, subject, ...selected].join(' ')
        throw new S3Error('NotImplemented', `This server has no operation for: ${asked}`)
    }
    return operation
}
