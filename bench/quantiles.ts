/** What repeated measurements say: the middle one, and between which two values the middle half of them lies. */
export interface Spread {
    median: number
    low: number
    high: number
}

/** @param values at least one; they are not changed */
export function spreadOf(values: readonly number[]): Spread {
    const sorted = inOrder(values)
    return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) }
}

/** What half of many measurements do not exceed, and 99 of 100. */
export interface Percentiles {
    p50: number
    p99: number
}

/** @param values at least one; they are not changed */
export function percentilesOf(values: readonly number[]): Percentiles {
    const sorted = inOrder(values)
    return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}

function inOrder(values: readonly number[]): number[] {
    return [...values].sort((one, other) => one - other)
}

/** @param sorted at least one value, in order @param share 0 to 1 */
function quantile(sorted: readonly number[], share: number): number {
    const position = share * (sorted.length - 1)
    const below = sorted[Math.floor(position)]!
    const above = sorted[Math.ceil(position)]!
    return below + (above - below) * (position - Math.floor(position))
}
