import type { Session } from './session.js'

const minute = 60 * 1000

/**
 * When to request the next session: 15 minutes before this one expires, or after half of its remaining time if that is
 * sooner. A provider that still returns the old session is asked again after half of the remaining time.
 *
 * @param now milliseconds since 1970
 * @param random 0 to 1: spreads the requests of a fleet whose instances started together
 * @returns milliseconds since 1970; `now` for a session without a known expiration, which is read on each call
 */
export function nextRefresh(session: Session, now: number, random: number): number {
    if (session.expires === 0) return now
    const early = Math.min(15 * minute, (session.expires - now) / 2)
    return Math.floor(session.expires - early * (1 + random / 10))
}

/**
 * Delay after a failure, doubled each time: up to a minute while a session is valid, otherwise up to ten seconds, since
 * every request then gets status 503.
 *
 * @param failures consecutive failures, at least 1
 * @param random 0 to 1
 * @returns milliseconds
 */
export function retryDelay(failures: number, hasSession: boolean, random: number): number {
    const longest = hasSession ? minute : minute / 6
    return Math.min(longest, 1000 * Math.pow(2, failures - 1)) * (0.5 + random / 2)
}

/** Whether to log this failure: the 1st, 2nd, 4th, 8th and so on in a row, and each with a new message. */
export function isWorthLogging(failures: number, message: string, lastMessage: string): boolean {
    return message !== lastMessage || (failures & (failures - 1)) === 0
}
