import {
    CreateMultipartUploadCommand,
    ListMultipartUploadsCommand,
    UploadPartCommand,
    type S3Client,
} from '@aws-sdk/client-s3'

/** Begins multipart uploads with one part each, as a killed uploader leaves them. @param keys whole, with any prefix */
export async function leaveOpen(client: S3Client, bucket: string, ...keys: string[]): Promise<void> {
    for (const Key of keys) {
        const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }))
        await client.send(new UploadPartCommand({ Bucket: bucket, Key, UploadId, PartNumber: 1, Body: 'part' }))
    }
}

/** The keys of open uploads, sorted. They are read without encoding, so no key may need it. */
export async function openKeys(client: S3Client, bucket: string): Promise<string[]> {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
    return Uploads.map(({ Key }) => Key!).sort()
}
