/** What repeated measurements say: the middle one, and between which two values the middle half of them lies. */
export interface Spread {
    median: number
    low: number
    high: number
}

/** @param values at least one; they are not changed */
export function spreadOf(values: readonly number[]): Spread {
    const sorted = [...values].sort((one, other) => one - other)
    return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) }
}

/** @param sorted at least one value, in order @param share 0 to 1 */
export function quantile(sorted: readonly number[], share: number): number {
    const position = share * (sorted.length - 1)
    const below = sorted[Math.floor(position)]!
    const above = sorted[Math.ceil(position)]!
    return below + (above - below) * (position - Math.floor(position))
}
