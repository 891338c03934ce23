import { retryDelay } from '../credentials/refresh-schedule.js'

/** What is kept of an issuer between two calls of js_periodic. Times in milliseconds since 1970. */
export interface RefreshState {
    plan: string
    /** Of the last attempt. */
    asked: number
    next: number
    failures: number
    message: string
}

/** Keys are fetched again every hour. */
const interval = 3600 * 1000

/** An unknown key causes one early attempt a minute, whoever sends it. */
const earliest = 60 * 1000

/**
 * Also when the clock was ahead and has been set back: the time of the next attempt may be far.
 *
 * @param isWanted whether a token with an unknown key has come
 */
export function isDue(state: RefreshState, now: number, isWanted: boolean): boolean {
    const wasSetBack = now < state.asked
    return now >= state.next || wasSetBack || (isWanted && now - state.asked >= earliest)
}

/** @param random 0 to 1: a fleet does not ask at once */
export function afterSuccess(state: RefreshState, now: number, random: number): RefreshState {
    return { ...state, asked: now, next: now + interval * (1 - random / 10), failures: 0, message: '' }
}

/** @param serves whether older keys are in use */
export function afterFailure(
    state: RefreshState,
    now: number,
    message: string,
    serves: boolean,
    random: number,
): RefreshState {
    const failures = state.failures + 1
    return { ...state, asked: now, next: now + retryDelay(failures, serves, random), failures, message }
}
