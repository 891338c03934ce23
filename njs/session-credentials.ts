// The session in shared memory, which refresh-credentials.ts renews.

import { decodeSession, endOf, isValid } from './credentials/session.js'
import type { CredentialSource } from './credentials/source.js'

function sessionText(): string | undefined {
    return ngx.shared!.s3_credentials!.get('session') as string | undefined
}

function serialized(): string | undefined {
    const text = sessionText()
    // One second for the request to reach S3.
    return text !== undefined && isValid(endOf(text), Date.now() + 1000) ? text : undefined
}

function state(): string {
    const text = sessionText()
    if (text === undefined) return 'There are no credentials yet, or they are no longer valid.'
    const end = endOf(text)
    if (end === 0) return 'The credentials do not say when they expire.'
    const verb = isValid(end, Date.now()) ? 'expire' : 'expired'
    return 'The credentials ' + verb + ' at ' + new Date(end).toISOString() + '.'
}

export const sessionCredentials: CredentialSource = {
    serialized,
    parse: decodeSession,
    end: endOf,
    missing: 'there are no valid credentials, see the errors above',
    state,
}
