// The script that signs with the session which refresh-credentials.ts keeps in shared memory.

import type { Credentials } from './credentials.js'
import { handlers } from './handlers.js'
import { decodeSession, isValid, type Session } from './session.js'

function session(): Session | undefined {
    const text = ngx.shared!.s3_credentials!.get('session') as string | undefined
    return text === undefined ? undefined : decodeSession(text)
}

function current(): Credentials | undefined {
    const found = session()
    // A second to get there.
    return found && isValid(found, Date.now() + 1000) ? found : undefined
}

function state(): string {
    const found = session()
    if (!found) return 'There are no credentials yet, or none any more.'
    if (found.expires === 0) return 'The credentials do not say when they expire.'
    const verb = isValid(found, Date.now()) ? 'expire' : 'expired'
    return 'The credentials ' + verb + ' at ' + new Date(found.expires).toISOString() + '.'
}

export default handlers({
    current,
    missing: 'there are no valid credentials, see above why',
    state,
})
