import { randomBytes } from 'node:crypto'
import type { Credential } from '../../../scripts/s3-server/authentication.js'
import { makeBucket } from '../s3/bucket.js'
import { startDatedProxy, type DatedProxy } from '../upstreams/dated-proxy.js'
import { startS3, type S3Server } from '../s3/s3-servers.js'

/** A temporary credential as a provider gives it. */
export interface IssuedSession {
    accessKeyId: string
    secretAccessKey: string
    /** With characters that a form and a header must not change. */
    sessionToken: string
    expires: Date
}

/** Who gives sessions out, and tells the S3 server of them. */
interface SessionIssuer {
    /** How long a session lives, in seconds. May be changed. */
    lifetime: number
    /** All that were given out. */
    issued: IssuedSession[]
    issue(): IssuedSession
}

/** @param known the credentials that the S3 server takes: each session is put among them */
function sessionIssuer(known: Credential[], lifetime: number): SessionIssuer {
    const issuer: SessionIssuer = {
        lifetime,
        issued: [],
        issue() {
            const session = {
                accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
                secretAccessKey: randomBytes(30).toString('base64'),
                // As long as AWS's.
                sessionToken: `//+=${randomBytes(700).toString('base64')}`,
                // Whole seconds, as AWS writes it.
                expires: new Date(Math.floor(Date.now() / 1000 + issuer.lifetime) * 1000),
            }
            issuer.issued.push(session)
            known.push(session)
            return session
        },
    }
    return issuer
}

/** The embedded S3 server with a bucket, which takes the sessions of an issuer. */
export interface SessionS3 extends S3Server {
    bucket: string
    issuer: SessionIssuer
    /** Whom it takes now. */
    known: Credential[]
    /** Writes down what reaches the server. */
    proxy: DatedProxy
}

/** Starts it. Sessions live for an hour unless the issuer is told otherwise. */
export async function startSessionS3(objects: Record<string, string>): Promise<SessionS3> {
    const known: Credential[] = []
    const s3 = await startS3('embedded', { known })
    const proxy = await startDatedProxy(s3.endpoint, () => new Date())
    return {
        ...s3,
        bucket: await makeBucket(s3, objects),
        issuer: sessionIssuer(known, 3600),
        known,
        proxy,
        close: async () => {
            await proxy.close()
            await s3.close()
        },
    }
}
