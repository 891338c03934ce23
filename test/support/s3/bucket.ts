import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { S3Server } from './s3-servers.js'

/** A client with the credentials of the server. */
export function clientOf(s3: S3Server): S3Client {
    return new S3Client({
        endpoint: s3.endpoint,
        region: s3.region,
        forcePathStyle: true,
        credentials: { accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey },
        // Ceph 16 and Swift know nothing of the newer checksums.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
    })
}

let buckets = 0

/** Makes a bucket of its own for a test and fills it. @param objects bodies by key @returns the bucket's name */
export async function makeBucket(s3: S3Server, objects: Record<string, string | Buffer>): Promise<string> {
    const client = clientOf(s3)
    const bucket = `test-${process.pid}-${buckets++}-${Date.now().toString(36)}`
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    for (const [key, body] of Object.entries(objects)) {
        const type = key.endsWith('.html') ? 'text/html' : 'application/octet-stream'
        const metadata = { 'of-the-publisher': 'secret-sauce' }
        await client.send(
            new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: type, Metadata: metadata }),
        )
    }
    client.destroy()
    return bucket
}

/** The environment in which nginx signs for this server. */
export function environmentOf(s3: S3Server): Record<string, string> {
    return { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey }
}
