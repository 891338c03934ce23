import type { Engine } from '../byte-source.js'

/**
 * Does long work in slices, with pauses between.
 *
 * A loop over many items has no `await` in it: lowered to ES5, each of its turns would cost njs 4 KB, which it keeps until
 * the request ends.
 *
 * @param count of the items
 * @param size of a slice, in items
 * @param work does the items at `from` and later, before `to`
 */
export async function inSlices(
    count: number,
    size: number,
    engine: Pick<Engine, 'pause'>,
    work: (from: number, to: number) => void,
): Promise<void> {
    for (let from = 0; from < count; from += size) {
        if (from > 0) await engine.pause()
        work(from, Math.min(from + size, count))
    }
}
