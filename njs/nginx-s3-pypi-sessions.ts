// The script that signs with the session which refresh-credentials.ts keeps in shared memory.

import { handlers } from './handlers.js'
import { decodeSession, endOf, isValid } from './session.js'

function sessionText(): string | undefined {
    return ngx.shared!.s3_credentials!.get('session') as string | undefined
}

function current(): string | undefined {
    const text = sessionText()
    if (text === undefined) return undefined
    const end = endOf(text)
    // A second to get there.
    return end === 0 || Date.now() + 1000 < end ? text : undefined
}

function state(): string {
    const text = sessionText()
    if (text === undefined) return 'There are no credentials yet, or none any more.'
    const found = decodeSession(text)
    if (found.expires === 0) return 'The credentials do not say when they expire.'
    const verb = isValid(found, Date.now()) ? 'expire' : 'expired'
    return 'The credentials ' + verb + ' at ' + new Date(found.expires).toISOString() + '.'
}

export default handlers({
    current,
    read: decodeSession,
    missing: 'there are no valid credentials, see above why',
    state,
})
