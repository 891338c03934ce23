/** Numbers that are the same in each run. */
export interface SeededRandom {
    /** 0 ≤ n < limit */
    below(limit: number): number
    /** One of these. */
    oneOf<Value>(values: readonly Value[]): Value
}

/** @see "mulberry32": a 32-bit generator that is good enough to make test cases */
export function seededRandom(seed: number): SeededRandom {
    let state = seed
    const next = () => {
        state = (state + 0x6d2b79f5) | 0
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    }
    const below = (limit: number) => Math.floor(next() * limit)
    return { below, oneOf: (values) => values[below(values.length)]! }
}
