// Runs in the background of one worker: js_periodic calls it every few seconds. It asks the provider for a session before
// the last one ends, and puts it where the workers find it; no request waits for it. A script of its own, in a VM of its
// own, so that the one that signs stays small.

import type { ProviderContext, ProviderRequest } from './credentials/context.js'
import { provide, type CredentialsKind, type ProviderOptions } from './credentials/choose.js'
import { isWorthLogging, nextRefresh, retryDelay } from './credentials/refresh-schedule.js'
import { decodeSession, encodeSession, isValid, type Session } from './credentials/session.js'
import fs from 'fs'

/** The shared memory; the names of what is in it. */
const sessionKey = 'session'
const stateKey = 'state'
const candidateKey = 'candidate'
const lockKey = 'lock'

/** A provider that has not answered by then has failed. Before the next call, which would end this one. */
const deadline = 4500

/** How long an unreadable file counts for a file that is being replaced. */
const grace = 60 * 1000

/** What is known between two calls. */
interface State {
    /** The options and the variables that decide whose session it is: others need another session, at once. */
    plan: string
    /** When to ask next, in milliseconds since 1970. */
    next: number
    /** Failures in a row; when the first was, and what the last one said. */
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
    if (state.failures > 0) ngx.log(ngx.WARN, 'the credentials for S3 are renewed again')
    state.failures = 0
    state.message = ''
    // Files are replaced one by one: a change counts when it is seen a second time. Until then the old pair signs.
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
    // A key from a file that is gone was taken away on purpose.
    const isGone = session && session.expires === 0 && now - state.since >= grace
    const serves = session !== undefined && !isGone && isValid(session.expires, now)
    if (!serves) memory.delete(sessionKey)
    if (isWorthLogging(state.failures, message, state.message)) {
        const until = session && session.expires ? ' until ' + new Date(session.expires).toISOString() : ''
        ngx.log(
            ngx.ERR,
            'there are no new credentials for S3: ' +
                message +
                (serves ? '; the old ones serve' + until : '; requests are answered 503'),
        )
    }
    state.message = message
    state.next = now + retryDelay(state.failures, serves, Math.random())
    memory.set(stateKey, JSON.stringify(state))
}

/** What is known of the last call; nothing when it was made with another plan, before nginx was reloaded. */
function stateOf(memory: NgxSharedDict<string>, plan: string): State {
    const text = memory.get(stateKey)
    const state = text === undefined ? undefined : (JSON.parse(text) as State)
    return state && state.plan === plan ? state : { plan, next: 0, failures: 0, since: 0, message: '' }
}

/** Whether this call is the only one: while nginx reloads, the old worker and the new one call. */
function lock(memory: NgxSharedDict<string>, now: number): boolean {
    const end = String(now + deadline)
    if (memory.add(lockKey, end)) return true
    // Left behind by a worker that is gone.
    if (now < Number(memory.get(lockKey))) return false
    memory.set(lockKey, end)
    return true
}

/** The values that site.conf gives with js_var. */
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

/** What the promise gives, unless it takes longer. */
function within<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
        const slow = () => reject(new Error('no answer within ' + milliseconds / 1000 + ' seconds'))
        const timer = setTimeout(slow, milliseconds)
        promise.then(
            (value) => {
                clearTimeout(timer)
                resolve(value)
            },
            (error) => {
                clearTimeout(timer)
                reject(error)
            },
        )
    })
}

export default { refresh }
