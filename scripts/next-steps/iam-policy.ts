import { awsPartition } from '../option-values/aws-partition.js'

/**
 * The least-privilege policy for nginx: it may read objects and check whether keys exist. With uploads it may also write
 * objects, and delete bodies of uploads, markers of unlisted projects, and the HTML page of a project that was removed
 * meanwhile.
 *
 * @param prefix key prefix in the bucket: empty, or with a trailing slash
 * @returns JSON of an IAM policy document
 * @see Amazon S3 API reference, GetObject: without s3:ListBucket, a missing key gets 403 instead of 404
 */
export function iamPolicy(bucket: string, prefix: string, region: string, uploads = false): string {
    const arn = `arn:${awsPartition(region).id}:s3:::${bucket}`
    const policy = {
        Version: '2012-10-17',
        Statement: [
            { Sid: 'ReadTheIndex', Effect: 'Allow', Action: 's3:GetObject', Resource: `${arn}/${prefix}*` },
            // For HeadBucket and for 404 instead of 403. Both checks apply to the bucket, without a prefix.
            { Sid: 'TellMissingFromForbidden', Effect: 'Allow', Action: 's3:ListBucket', Resource: arn },
            ...(uploads ? uploadStatements(`${arn}/${prefix}`) : []),
            // For parts that killed uploads have left. IAM knows no prefix for it.
            ...(uploads
                ? [{ Sid: 'FindOpenUploads', Effect: 'Allow', Action: 's3:ListBucketMultipartUploads', Resource: arn }]
                : []),
        ],
    }
    return JSON.stringify(policy, null, 2) + '\n'
}

function uploadStatements(index: string): object[] {
    return [
        {
            Sid: 'TakeUploads',
            Effect: 'Allow',
            Action: ['s3:PutObject', 's3:AbortMultipartUpload'],
            Resource: `${index}*`,
        },
        {
            Sid: 'CleanUpAfterUploads',
            Effect: 'Allow',
            Action: 's3:DeleteObject',
            Resource: [`${index}.uploads/*`, `${index}-/unlisted/*`, `${index}*/index.html`],
        },
    ]
}
