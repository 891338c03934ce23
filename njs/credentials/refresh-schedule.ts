import type { Session } from './session.js'

const minute = 60 * 1000

/**
 * When to ask for the next session: a quarter of an hour before this one ends, or halfway through one that is shorter.
 * A provider that still gives the old session is so asked again in time, each time after half of what is left.
 *
 * @param now milliseconds since 1970
 * @param random 0 to 1: the nginxes of a fleet, started together, must not ask together
 * @returns milliseconds since 1970; `now` for a session whose end is not known, which is looked at each time
 */
export function nextRefresh(session: Session, now: number, random: number): number {
    if (session.expires === 0) return now
    const early = Math.min(15 * minute, (session.expires - now) / 2)
    return Math.floor(session.expires - early * (1 + random / 10))
}

/**
 * How long to wait after a failure: twice as long each time, up to a minute while there is a session, and up to ten
 * seconds when there is none and every request is refused.
 *
 * @param failures how many there were in a row
 * @param random 0 to 1
 * @returns milliseconds
 */
export function retryDelay(failures: number, hasSession: boolean, random: number): number {
    const longest = hasSession ? minute : minute / 6
    return Math.min(longest, 1000 * Math.pow(2, failures - 1)) * (0.5 + random / 2)
}

/** Whether the log is told of this failure: the 1st, 2nd, 4th, 8th and so on of a row, and each that says something new. */
export function isWorthLogging(failures: number, message: string, lastMessage: string): boolean {
    return message !== lastMessage || (failures & (failures - 1)) === 0
}
