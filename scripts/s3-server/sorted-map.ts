/** A map with keys sorted by their character codes. */
export class SortedMap<Value> {
    readonly #values = new Map<string, Value>()
    readonly #keys: string[] = []

    get size(): number {
        return this.#keys.length
    }

    get(key: string): Value | undefined {
        return this.#values.get(key)
    }

    set(key: string, value: Value): void {
        if (!this.#values.has(key)) this.#keys.splice(this.indexFrom(key), 0, key)
        this.#values.set(key, value)
    }

    delete(key: string): void {
        if (this.#values.delete(key)) this.#keys.splice(this.indexFrom(key), 1)
    }

    /** The index of the first key that is not before `key`; `size` if there is none. */
    indexFrom(key: string): number {
        let [from, to] = [0, this.#keys.length]
        while (from < to) {
            const middle = (from + to) >>> 1
            if ((this.#keys[middle] as string) < key) from = middle + 1
            else to = middle
        }
        return from
    }

    /** The key at an index, or undefined beyond the end. */
    keyAt(index: number): string | undefined {
        return this.#keys[index]
    }
}
