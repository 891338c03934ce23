import { fileCredentials } from '../credentials/files.js'
import { decodeSession, isValid } from '../credentials/session.js'
import { RefusedByS3 } from './refused-by-s3.js'
import { credentialsFrom, type Credentials, type Environment } from '../signing/credentials.js'

/** Where the credentials are: `access` of the generator's settings. */
export type CredentialAccess = 'environment' | 'files' | 'memory'

/** What the sources need of nginx. */
export interface CredentialContext {
    environment: Environment
    readFile: (path: string) => string
    /** The session in shared memory. */
    session: () => string | undefined
    /** Milliseconds since 1970. */
    now: () => number
}

/** @throws Error that names the cause and the cure, and no secret */
export function currentCredentials(access: CredentialAccess, context: CredentialContext): Credentials {
    if (access === 'files') return fileCredentials(context.environment, context.readFile)
    if (access === 'memory') {
        const text = context.session()
        const session = text === undefined ? undefined : decodeSession(text)
        // One second for the request to reach S3.
        if (session && isValid(session.expires, context.now() + 1000)) return session
        throw new Error('there are no valid credentials, see the errors above')
    }
    const credentials = credentialsFrom(context.environment)
    if (credentials) return credentials
    const cure = 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of nginx'
    throw new RefusedByS3('there are no credentials', cure)
}
