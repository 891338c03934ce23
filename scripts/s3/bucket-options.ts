import type { Command } from 'commander'
import { Option } from 'commander'

/** The location of an index, and its credentials. Default credentials: the AWS SDK's provider chain. */
export interface BucketOptions {
    bucket: string
    prefix?: string | undefined
    /** Default: `AWS_REGION`, `AWS_DEFAULT_REGION`, the region of the profile, us-east-1. */
    region?: string | undefined
    /** URL of an S3 server, `https://HOST[:PORT]`. Default: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, AWS. */
    endpointUrl?: string | undefined
    profile?: string | undefined
    credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined
    /** Default: virtual on AWS, path on other servers. */
    addressing?: 'virtual' | 'path' | undefined
}

/** Adds the options that locate a bucket. */
export function addBucketOptions(command: Command): Command {
    return command
        .option('--prefix <prefix>', 'prefix of the index in the bucket: team-a/')
        .option('--region <region>', "region of the bucket (default: AWS_REGION, the profile's, us-east-1)")
        .option('--endpoint-url <url>', 'an S3 server other than AWS: https://HOST[:PORT]')
        .option('--profile <name>', 'profile of ~/.aws/config to take the credentials from')
        .addOption(
            new Option(
                '--addressing <style>',
                'BUCKET.HOST or HOST/BUCKET (default: virtual on AWS, path on other servers)',
            ).choices(['virtual', 'path']),
        )
}
