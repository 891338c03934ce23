/** How a list of requests is sent. */
export interface Sending {
    port: number
    /** Whether to begin the list again when it ends; else that is the end. */
    again: boolean
    /** How long it goes on at most. Whole seconds. */
    seconds: number
    signal: AbortSignal
}
