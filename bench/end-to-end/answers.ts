/** How requests were answered. */
export interface Answers {
    requests: number
    /** How long it took, in seconds. */
    seconds: number
    /** How long half of the requests took at most, and 99 of 100, in milliseconds. */
    p50: number
    p99: number
}

/** How a list of requests is sent. */
export interface Sending {
    port: number
    /** Whether to begin the list again when it ends; else that is the end. */
    again: boolean
    /** How long it goes on at most. Whole seconds. */
    seconds: number
    signal: AbortSignal
}

/** How many requests are under way at once. */
export const connections = 16
