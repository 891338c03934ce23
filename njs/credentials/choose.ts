import { credentialsFrom, type Credentials } from '../signing/credentials.js'
import { sessionUntil, type Session } from './session.js'
import { containerSession } from './container.js'
import type { ProviderContext } from './context.js'
import { ec2Session } from './ec2.js'
import { fileCredentials, namesSecretFiles, sharedFile } from './files.js'
import { roleSession, webIdentitySession, type Role, type StsOptions } from './sts.js'

/** Source of the credentials. */
export type CredentialsKind = 'env' | 'file' | 'ecs' | 'eks' | 'web-identity' | 'ec2' | 'auto'

/** Set by `generate-config`, see refresh-credentials.ts. */
export interface ProviderOptions extends StsOptions {
    kind: CredentialsKind
    /** Role to assume with the provider's credentials. */
    role: Role | undefined
}

/** Fetches a session. Rejects with an Error that names the cause and the cure, and contains no secret. */
export async function provide(context: ProviderContext, options: ProviderOptions): Promise<Session> {
    const session = await provideOf(context, options)
    if (!options.role) return session
    return await roleSession(context, options, options.role, session)
}

async function provideOf(context: ProviderContext, options: ProviderOptions): Promise<Session> {
    const kind = options.kind === 'auto' ? kindOf(context) : options.kind
    if (kind === 'env') return sessionUntil(0, environmentCredentials(context))
    if (kind === 'file') return sessionUntil(0, fileCredentials(context.environment, context.readFile))
    if (kind === 'web-identity') return await webIdentitySession(context, options)
    if (kind === 'ec2') return await ec2Session(context)
    return await containerSession(context)
}

/**
 * The source that `auto` selects: the first in the AWS SDKs' order that the environment configures.
 *
 * @see AWS SDKs and Tools Reference Guide, "Standardized credential providers": botocore's, Go's and Java's order
 */
export function kindOf(context: ProviderContext): CredentialsKind {
    const environment = context.environment
    if (credentialsFrom(environment)) return 'env'
    if (namesSecretFiles(environment)) return 'file'
    if (environment.AWS_WEB_IDENTITY_TOKEN_FILE && environment.AWS_ROLE_ARN) return 'web-identity'
    if (hasSharedFile(context)) return 'file'
    if (environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI) return 'ecs'
    if (environment.AWS_CONTAINER_CREDENTIALS_FULL_URI) return 'eks'
    return 'ec2'
}

function hasSharedFile(context: ProviderContext): boolean {
    // Named explicitly: a missing file must be an error, not a reason to try the next source.
    if (context.environment.AWS_SHARED_CREDENTIALS_FILE || context.environment.AWS_PROFILE) return true
    const path = sharedFile(context.environment)
    if (!path) return false
    try {
        context.readFile(path)
        return true
    } catch {
        return false
    }
}

function environmentCredentials(context: ProviderContext): Credentials {
    const credentials = credentialsFrom(context.environment)
    if (!credentials) throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set')
    return credentials
}
