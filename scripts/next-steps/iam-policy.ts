import { awsPartition } from '../options/aws-partition.js'

/**
 * The least-privilege policy of the index that nginx serves: it reads objects, and may ask whether a key exists.
 *
 * @param prefix as in the bucket: empty or ending in a slash
 * @returns JSON of an IAM policy document
 * @see Amazon S3 API reference, GetObject: without s3:ListBucket a key that does not exist is answered 403, not 404
 */
export function iamPolicy(bucket: string, prefix: string, region: string): string {
    const arn = `arn:${awsPartition(region).id}:s3:::${bucket}`
    const policy = {
        Version: '2012-10-17',
        Statement: [
            { Sid: 'ReadTheIndex', Effect: 'Allow', Action: 's3:GetObject', Resource: `${arn}/${prefix}*` },
            // HeadBucket, and "no such key" as 404: both are decided on the bucket, without a prefix.
            { Sid: 'TellMissingFromForbidden', Effect: 'Allow', Action: 's3:ListBucket', Resource: arn },
        ],
    }
    return JSON.stringify(policy, null, 2) + '\n'
}
