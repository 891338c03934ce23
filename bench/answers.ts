/** How requests were answered. */
export interface Answers {
    requests: number
    /** How long it took, in seconds. */
    seconds: number
    /** How long half of the requests took at most, and 99 of 100, in milliseconds. */
    p50: number
    p99: number
}

/** How many requests are under way at once: as many as pips of a team, and enough to keep several processes at work. */
export const connections = 16
