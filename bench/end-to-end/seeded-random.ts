/** Numbers from 0 to 1, 1 left out, that look random: the same seed gives the same ones. Source: mulberry32. */
export function seededRandom(seed: number): () => number {
    let state = seed >>> 0
    return () => {
        state = (state + 0x6d2b79f5) >>> 0
        let mixed = Math.imul(state ^ (state >>> 15), state | 1)
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    }
}

/** The items in another order. */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
    const left = [...items]
    return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!)
}
