import { openBucket, type Bucket } from '../../../scripts/s3/bucket.js'
import { uniqueBucket, type S3Server } from './s3-servers.js'

/** A new, empty bucket on an S3 server. */
export async function newBucket(server: S3Server, prefix = ''): Promise<Bucket> {
    const bucket = bucketAt(server, uniqueBucket(), { prefix })
    await bucket.create()
    return bucket
}

/** A bucket as one more client sees it. @param options.endpoint of a proxy before the server */
export function bucketAt(
    server: S3Server,
    name: string,
    options: { endpoint?: string; prefix?: string; secretAccessKey?: string } = {},
): Bucket {
    return openBucket({
        bucket: name,
        prefix: options.prefix,
        endpointUrl: options.endpoint ?? server.endpoint,
        region: server.region,
        credentials: {
            accessKeyId: server.accessKeyId,
            secretAccessKey: options.secretAccessKey ?? server.secretAccessKey,
        },
    })
}

/** What the AWS SDK of a program finds in its environment. */
export function environmentOf(server: S3Server, endpoint = server.endpoint): NodeJS.ProcessEnv {
    return {
        ...process.env,
        AWS_ACCESS_KEY_ID: server.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
        AWS_SESSION_TOKEN: undefined,
        AWS_PROFILE: undefined,
        AWS_REGION: server.region,
        AWS_ENDPOINT_URL: endpoint,
        AWS_ENDPOINT_URL_S3: undefined,
        AWS_EC2_METADATA_DISABLED: 'true',
    }
}
