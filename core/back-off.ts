/**
 * The time before a retry: random, up to a bound that doubles, so that colliding clients spread out.
 *
 * @param attempt 0 for the first retry
 * @param base bound of the first wait, milliseconds
 * @param limit largest bound, milliseconds
 * @see AWS Architecture Blog, "Exponential Backoff And Jitter" (full jitter)
 */
export function backOffTime(attempt: number, base: number, limit: number): number {
    return Math.random() * Math.min(limit, base * 2 ** Math.min(attempt, 30))
}
