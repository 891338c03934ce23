import { startS3Server, type RunningS3Server } from '../scripts/s3-server/server.js'

/** The bucket that an nginx serves. */
export const bucketName = 'my-pypi'

const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const region = 'us-east-1'

/** What signs, in a client of this program: of no account. */
export const access = { credentials, region }

/** The environment of an nginx that signs with the same. */
export const nginxEnvironment = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
}

/** That of a program that has to know the region, too. */
export const clientEnvironment = { ...nginxEnvironment, AWS_REGION: region, AWS_DEFAULT_REGION: region }

/** Starts the embedded S3 server. @param folder of its objects */
export function startEmbeddedS3(folder: string): Promise<RunningS3Server> {
    return startS3Server({ folder, credentials: [credentials], region })
}
