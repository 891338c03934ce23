import { randomBytes } from 'node:crypto'
import type { Credential } from '../../scripts/s3-server/authentication.js'

/** A temporary credential as a provider gives it. */
export interface IssuedSession {
    accessKeyId: string
    secretAccessKey: string
    /** With characters that a form and a header must not change. */
    sessionToken: string
    expires: Date
}

/** Who gives sessions out, and tells the S3 server of them. */
export interface SessionIssuer {
    /** How long a session lives, in seconds. May be changed. */
    lifetime: number
    /** All that were given out. */
    issued: IssuedSession[]
    issue(): IssuedSession
}

/** @param known the credentials that the S3 server takes: each session is put among them */
export function sessionIssuer(known: Credential[], lifetime: number): SessionIssuer {
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
