// Runs in the background of one worker: js_periodic calls it every few seconds. It requests a new session before the last
// one expires and puts it into shared memory, so no client request waits for it. A separate script with a separate VM
// keeps the signing script small.

import type { ProviderContext, ProviderRequest } from './credentials/context.js'
import { provide, type CredentialsKind, type ProviderOptions } from './credentials/choose.js'
import { within } from './credentials/deadline.js'
import { isWorthLogging, nextRefresh, retryDelay } from './credentials/refresh-schedule.js'
import { decodeSession, encodeSession, isValid, type Session } from './credentials/session.js'
import fs from 'fs'

/** Keys in the shared memory. */
const sessionKey = 'session'
const stateKey = 'state'
const candidateKey = 'candidate'
const lockKey = 'lock'

/** Time limit of a provider, in milliseconds. Below the interval of js_periodic, whose next call would end this one. */
const deadline = 4500

/** How long an unreadable file is treated as one that is being replaced, in milliseconds. */
const grace = 60 * 1000

/** State kept between calls. */
interface State {
    /** The options that the session was requested with, as JSON. Other options need a new session at once. */
    plan: string
    /** When to request the next session, in milliseconds since 1970. */
    next: number
    /** Consecutive failures, the time of the first, and the message of the last. */
    failures: number
    since: number
    message: string
}

const environment = process.env

/** For js_periodic. */
async function refresh(s: NginxPeriodicSession): Promise<void> {
    const memory = ngx.shared!.s3_credentials as NgxSharedDict<string>
    const now = Date.now()
    const options = optionsOf(s)
    const state = stateOf(memory, JSON.stringify(options))
    if (now < state.next || !lock(memory, now)) return
    try {
        const session = await within(deadline, provide(contextOf(), options))
        succeed(memory, state, session)
    } catch (error) {
        fail(memory, state, (error as Error).message)
    }
    memory.delete(lockKey)
}

function succeed(memory: NgxSharedDict<string>, state: State, session: Session): void {
    const text = encodeSession(session)
    const known = memory.get(sessionKey)
    if (state.failures > 0) ngx.log(ngx.WARN, 'the credentials for S3 have been renewed')
    state.failures = 0
    state.message = ''
    // Files are replaced one by one, so a change must be seen twice. Until then the old pair signs.
    const settled = session.expires !== 0 || known === undefined || memory.get(candidateKey) === text
    if (text === known) memory.delete(candidateKey)
    else if (!settled) memory.set(candidateKey, text)
    else {
        memory.set(sessionKey, text)
        memory.delete(candidateKey)
    }
    state.next = nextRefresh(session, Date.now(), Math.random())
    memory.set(stateKey, JSON.stringify(state))
}

function fail(memory: NgxSharedDict<string>, state: State, message: string): void {
    const now = Date.now()
    const known = memory.get(sessionKey)
    const session = known === undefined ? undefined : decodeSession(known)
    if (state.failures === 0) state.since = now
    state.failures++
    // A file that stays unreadable was removed on purpose.
    const isGone = session && session.expires === 0 && now - state.since >= grace
    const serves = session !== undefined && !isGone && isValid(session.expires, now)
    if (!serves) memory.delete(sessionKey)
    if (isWorthLogging(state.failures, message, state.message)) {
        const until = session && session.expires ? ' until ' + new Date(session.expires).toISOString() : ''
        ngx.log(
            ngx.ERR,
            'there are no new credentials for S3: ' +
                message +
                (serves ? '; the old ones are used' + until : '; requests get status 503'),
        )
    }
    state.message = message
    state.next = now + retryDelay(state.failures, serves, Math.random())
    memory.set(stateKey, JSON.stringify(state))
}

/** The state of the last call; a new one when nginx was reloaded with other options. */
function stateOf(memory: NgxSharedDict<string>, plan: string): State {
    const text = memory.get(stateKey)
    const state = text === undefined ? undefined : (JSON.parse(text) as State)
    return state && state.plan === plan ? state : { plan, next: 0, failures: 0, since: 0, message: '' }
}

/** Takes the lock: while nginx reloads, js_periodic runs in the old worker and in the new one. */
function lock(memory: NgxSharedDict<string>, now: number): boolean {
    const end = String(now + deadline)
    if (memory.add(lockKey, end)) return true
    if (now < Number(memory.get(lockKey))) return false
    // The worker that took the lock is gone.
    memory.set(lockKey, end)
    return true
}

/** The options that site.conf sets with js_var. */
function optionsOf(s: NginxPeriodicSession): ProviderOptions {
    const variables = s.variables
    const arn = variables.s3_role_arn || ''
    return {
        kind: variables.s3_credentials_kind as CredentialsKind,
        role: arn ? { arn, externalId: variables.s3_role_external_id || '' } : undefined,
        endpoint: variables.s3_sts_endpoint || '',
        region: variables.s3_sts_region || '',
        domain: variables.s3_sts_domain || '',
    }
}

function contextOf(): ProviderContext {
    return {
        environment,
        readFile: (path) => fs.readFileSync(path, 'utf8'),
        ask: async (url: string, request: ProviderRequest) => {
            const reply = await ngx.fetch(url, request)
            return { status: reply.status, text: await reply.text() }
        },
        now: () => Date.now(),
    }
}

export default { refresh }
