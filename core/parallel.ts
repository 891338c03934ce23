/**
 * Calls a function for each item, at most `limit` at a time. An item is read only when a call can start.
 *
 * After the first failure, no new calls start; running ones are awaited.
 *
 * @returns the results in the order of the items
 */
export async function mapParallel<Item, Result>(
    items: Iterable<Item> | AsyncIterable<Item>,
    limit: number,
    map: (item: Item) => Promise<Result>,
): Promise<Result[]> {
    const iterator =
        Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : (items[Symbol.iterator]() as Iterator<Item>)
    const results: Result[] = []
    let next = 0
    let failed = false
    const work = async () => {
        try {
            while (!failed) {
                const position = next++
                const item = await iterator.next()
                if (item.done) return
                results[position] = await map(item.value)
            }
        } catch (error) {
            failed = true
            throw error
        }
    }
    const workers = await Promise.allSettled(Array.from({ length: limit }, work))
    for (const worker of workers) if (worker.status === 'rejected') throw worker.reason
    return results
}
