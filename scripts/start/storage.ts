import path from 'node:path'
import { bucketFrom } from '../../njs/bucket-name.js'
import { credentialsFrom } from '../../njs/credentials.js'
import { UserError } from '../cli/user-error.js'
import type { CredentialsSettings } from '../config/credentials.js'
import { environmentNames } from '../config/environment.js'
import type { ConfigOptions } from '../config/settings.js'
import { publish } from '../publish/publish.js'
import { startS3Server } from '../s3-server/server.js'
import { openBucket } from '../s3/bucket.js'
import { sampleProject, writeSampleWheel } from './sample-package.js'

/** Where the packages are. */
export interface Storage {
    /** What the configuration has to say about it. */
    config: Pick<ConfigOptions, 'bucket' | 'region' | 'endpointUrl'>
    /** The variables of nginx that hold or name the credentials. */
    environment: Record<string, string | undefined>
    /** A project that can be installed, where one is known. */
    project: string | undefined
    close(): Promise<void>
}

/** The embedded server listens on the loopback only, and its folder can be read without it: this is no secret. */
export const embeddedCredentials = { accessKeyId: 'nginx-s3-pypi', secretAccessKey: 'for-development-only' }

/**
 * Starts the embedded S3 server on a folder and publishes the sample package in it.
 *
 * @param folder is kept when the server ends
 * @param temporary a folder for what is not kept
 */
export async function embeddedStorage(folder: string, temporary: string): Promise<Storage> {
    const config = { bucket: 'my-pypi', region: 'us-east-1' }
    const server = await startS3Server({
        folder: path.resolve(folder),
        credentials: [embeddedCredentials],
        region: config.region,
    })
    try {
        const bucket = openBucket({ ...config, endpointUrl: server.endpoint, credentials: embeddedCredentials })
        await bucket.ensureExists()
        await publish(bucket, [await writeSampleWheel(temporary)])
    } catch (error) {
        await server.close()
        throw error
    }
    return {
        config: { ...config, endpointUrl: server.endpoint },
        environment: {
            AWS_ACCESS_KEY_ID: embeddedCredentials.accessKeyId,
            AWS_SECRET_ACCESS_KEY: embeddedCredentials.secretAccessKey,
        },
        project: sampleProject,
        close: () => server.close(),
    }
}

/**
 * A bucket that exists.
 *
 * @param credentials where its nginx gets them
 * @throws UserError when there are no credentials in the environment where they should be, or S3 does not accept them
 * for this bucket
 */
export async function realStorage(options: ConfigOptions, credentials: CredentialsSettings): Promise<Storage> {
    const { region = 'us-east-1', endpointUrl } = options
    const bucket = bucketFrom(process.env.AWS_S3_BUCKET, options.bucket)
    // Where nginx gets the credentials itself, it is asked whether they can read the bucket.
    if (credentials.access === 'environment') await checkBucket(options, bucket)
    return {
        config: { bucket, region, ...(endpointUrl === undefined ? {} : { endpointUrl }) },
        // The bucket is in the configuration already.
        environment: Object.fromEntries(
            environmentNames(credentials)
                .filter((name) => name !== 'AWS_S3_BUCKET')
                .map((name) => [name, process.env[name]]),
        ),
        project: undefined,
        close: async () => {},
    }
}

async function checkBucket(options: ConfigOptions, bucket: string): Promise<void> {
    const credentials = credentialsFrom(process.env)
    if (credentials === undefined) {
        throw new UserError(
            'there are no credentials for S3 in the environment',
            'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary ones), or say where they ' +
                'are: --credentials file, ecs, eks, web-identity, ec2 or auto.',
        )
    }
    const { region = 'us-east-1', endpointUrl, addressing, prefix } = options
    // Servers that want the old signature are asked by nginx only: the SDK has forgotten it.
    if (options.signature !== 'v2') {
        const { accessKeyId, secretAccessKey, sessionToken } = credentials
        await openBucket({
            ...{ bucket, region, endpointUrl, addressing, prefix },
            credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
        }).check()
    }
}
