import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { bucketFrom } from '../../njs/signing/bucket-name.js'
import { credentialsFrom } from '../../njs/signing/credentials.js'
import { UserError } from '../../core/user-error.js'
import type { CredentialsSettings } from '../config/credentials.js'
import { environmentNames } from '../config/environment.js'
import type { ConfigOptions } from '../config/option-table.js'
import { publish } from '../publish/publish.js'
import { startS3Server } from '../s3-server/server.js'
import { openBucket } from '../s3/bucket.js'
import { isFree } from '../nginx/free-port.js'
import { sampleProject, writeSampleWheel } from './sample-package.js'

/** The bucket of `npm start`. */
export interface Storage {
    /** The options for `generate-config`. */
    config: Pick<ConfigOptions, 'bucket' | 'region' | 'endpointUrl'>
    /** nginx's environment variables with the credentials or their location. */
    environment: Record<string, string | undefined>
    /** A project in the bucket, if one is known. */
    project: string | undefined
    close(): Promise<void>
}

/** The default port of the embedded server, fixed so that printed commands keep working after a restart. */
export const usualS3Port = 7070

/**
 * The credentials of the embedded server's folder. Created at random on first use, so that other programs and web pages do
 * not know them.
 */
async function credentialsOfFolder(folder: string): Promise<{ accessKeyId: string; secretAccessKey: string }> {
    const file = path.join(folder, 'credentials')
    const made = `nginx-s3-pypi\n${randomBytes(24).toString('base64url')}\n`
    await mkdir(folder, { recursive: true })
    try {
        await writeFile(file, made, { mode: 0o600, flag: 'wx' })
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'EACCES' || code === 'EROFS') {
            throw new UserError(`${folder} cannot be written to (${code})`, 'Choose another folder with --data.')
        }
        if (code !== 'EEXIST') throw error
    }
    const [accessKeyId = '', secretAccessKey = ''] = (await readFile(file, 'utf8')).split('\n')
    if (accessKeyId === '' || secretAccessKey === '') {
        throw new UserError(`${file} holds no credentials`, 'Delete it; new credentials are then created.')
    }
    return { accessKeyId, secretAccessKey }
}

/**
 * Starts the embedded S3 server on a folder and publishes the sample package in it.
 *
 * @param folder kept when the server stops
 * @param temporary folder for temporary files
 * @param port of the S3 server; by default `usualS3Port`, or a free one if that is in use
 */
export async function embeddedStorage(folder: string, temporary: string, port?: number): Promise<Storage> {
    const config = { bucket: 'my-pypi', region: 'us-east-1' }
    const credentials = await credentialsOfFolder(path.resolve(folder))
    const server = await startS3Server({
        folder: path.resolve(folder),
        credentials: [credentials],
        region: config.region,
        port: port ?? ((await isFree(usualS3Port)) ? usualS3Port : 0),
    })
    try {
        const bucket = openBucket({ ...config, endpointUrl: server.endpoint, credentials })
        await bucket.ensureExists()
        await publish(bucket, [await writeSampleWheel(temporary)])
    } catch (error) {
        await server.close()
        throw error
    }
    return {
        config: { ...config, endpointUrl: server.endpoint },
        environment: {
            AWS_ACCESS_KEY_ID: credentials.accessKeyId,
            AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        },
        project: sampleProject,
        close: () => server.close(),
    }
}

/**
 * An existing bucket.
 *
 * @param credentials nginx's source of the credentials
 * @throws UserError when the credentials should be in the environment but are not, or when S3 rejects them for this bucket
 */
export async function realStorage(options: ConfigOptions, credentials: CredentialsSettings): Promise<Storage> {
    const { region = 'us-east-1', endpointUrl } = options
    const bucket = bucketFrom(process.env.AWS_S3_BUCKET, options.bucket)
    // If nginx fetches the credentials itself, `/-/readyz` checks them later.
    if (credentials.access === 'environment') await checkBucket(options, bucket)
    return {
        config: { bucket, region, ...(endpointUrl === undefined ? {} : { endpointUrl }) },
        // The bucket is already in the configuration.
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
            'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary ones), or use ' +
                'another source: --credentials file, ecs, eks, web-identity, ec2 or auto.',
        )
    }
    const { region = 'us-east-1', endpointUrl, addressing, prefix } = options
    // The SDK no longer supports signature v2, so only nginx checks these servers.
    if (options.signature !== 'v2') {
        const { accessKeyId, secretAccessKey, sessionToken } = credentials
        await openBucket({
            ...{ bucket, region, endpointUrl, addressing, prefix },
            credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
        }).check()
    }
}
