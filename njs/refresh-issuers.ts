// Runs in the background of one worker: js_periodic calls it every few seconds. It fetches the keys of the OIDC issuers into
// shared memory, so that no request waits for an issuer.

import fs from 'fs'
import { parseTrustedPublishing } from '../core/tokens/publishers.js'
import { isWorthLogging } from './credentials/refresh-schedule.js'
import { within } from './credentials/deadline.js'
import { fetchKeys } from './oidc/fetch-keys.js'
import { afterFailure, afterSuccess, isDue, type RefreshState } from './oidc/refresh-plan.js'
import { decodeKeys, encodeKeys, planOf, storedKeysName, wantedName, type Issuer } from './oidc/stored-keys.js'
import { decodeTokenSettings } from './tokens/key-source.js'

/** Milliseconds, for both documents of an issuer. Below the interval of js_periodic, whose next call would end this one. */
const deadline = 4500

/** For js_periodic. */
async function refresh(s: NginxPeriodicSession): Promise<void> {
    const path = decodeTokenSettings(s.variables.pypi_key_files).publishers
    const text = fs.readFileSync(path, 'utf8') as string
    const { issuers } = parseTrustedPublishing(text)
    await Promise.all(issuers.map(refreshIssuer))
}

async function refreshIssuer(issuer: Issuer): Promise<void> {
    const memory = ngx.shared!.pypi_issuers as NgxSharedDict<string>
    const now = Date.now()
    const state = stateOf(memory, issuer)
    const isWanted = memory.has(wantedName(issuer))
    if (!isDue(state, now, isWanted) || !lock(memory, issuer, now)) return
    let next: RefreshState
    try {
        const keys = await within(deadline, fetchKeys(issuer, get))
        memory.set(storedKeysName(issuer), encodeKeys(issuer, keys, Date.now()))
        if (state.failures > 0) ngx.log(ngx.WARN, `the keys of the issuer ${issuer.name} have been fetched again`)
        next = afterSuccess(state, Date.now(), Math.random())
    } catch (error) {
        const { message } = error as Error
        const serves = decodeKeys(issuer, memory.get(storedKeysName(issuer)), Date.now()) !== undefined
        next = afterFailure(state, Date.now(), message, serves, Math.random())
        if (isWorthLogging(next.failures, message, state.message)) {
            const effect = serves ? 'those of the last success are used, for at most a day' : 'its jobs cannot upload'
            ngx.log(ngx.ERR, `there are no new keys of the issuer ${issuer.name}: ${message}; ${effect}`)
        }
    }
    memory.delete(wantedName(issuer))
    memory.set(stateName(issuer), JSON.stringify(next))
    memory.delete(lockName(issuer))
}

async function get(url: string): Promise<{ status: number; text: string }> {
    const reply = await ngx.fetch(url, { headers: { Accept: 'application/json', 'User-Agent': 'nginx-s3-pypi' } })
    return { status: reply.status, text: await reply.text() }
}

const stateName = (issuer: Issuer) => 'state ' + issuer.name
const lockName = (issuer: Issuer) => 'lock ' + issuer.name

/** The state of the last call; a new one after a reload with other settings. */
function stateOf(memory: NgxSharedDict<string>, issuer: Issuer): RefreshState {
    const text = memory.get(stateName(issuer))
    const state = text === undefined ? undefined : (JSON.parse(text) as RefreshState)
    const plan = planOf(issuer)
    return state && state.plan === plan ? state : { plan, asked: 0, next: 0, failures: 0, message: '' }
}

/** While nginx reloads, js_periodic runs in the old worker and in the new one. */
function lock(memory: NgxSharedDict<string>, issuer: Issuer, now: number): boolean {
    const end = String(now + deadline)
    if (memory.add(lockName(issuer), end)) return true
    if (now < Number(memory.get(lockName(issuer)))) return false
    // The worker that took the lock is gone.
    memory.set(lockName(issuer), end)
    return true
}

export default { refresh }
