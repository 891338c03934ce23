// What the njs engine lacks and core/ uses. QuickJS has all of it, and keeps its own.
// Only the bundle of uploads includes this file: the scripts that sign must not grow.

export {}

type Key = unknown

/** Iterates over a list that may grow meanwhile. */
function iterate<Value>(list: readonly Value[]): IterableIterator<Value> {
    let index = 0
    const walk = {
        next: () => (index < list.length ? { done: false, value: list[index++] } : { done: true, value: undefined }),
        [Symbol.iterator]: () => walk,
    }
    return walk as unknown as IterableIterator<Value>
}

function toArray<Value>(values: Iterable<Value> | ArrayLike<Value>): Value[] {
    if (Array.isArray(values)) return values as Value[]
    const list: Value[] = []
    if (typeof (values as Iterable<Value>)[Symbol.iterator] !== 'function') {
        const array = values as ArrayLike<Value>
        for (let index = 0; index < array.length; index++) list.push(array[index]!)
        return list
    }
    const walk = (values as Iterable<Value>)[Symbol.iterator]()
    for (let step = walk.next(); !step.done; step = walk.next()) list.push(step.value)
    return list
}

/** Objects as keys are numbered by a hidden property. */
let numbered = 0
const numberOf = '__key'

function nameOf(key: Key): string {
    if ((typeof key !== 'object' && typeof key !== 'function') || key === null) return typeof key + ' ' + String(key)
    const object = key as Record<string, number>
    if (!Object.prototype.hasOwnProperty.call(object, numberOf)) {
        Object.defineProperty(object, numberOf, { value: ++numbered })
    }
    return '# ' + object[numberOf]
}

/**
 * In the order of insertion, as the real one. Strings are the usual keys: they are not copied. An entry is no object: each
 * would take 340 bytes.
 */
class StandInMap<K, V> {
    /** Positions in the lists. */
    private strings = Object.create(null) as Record<string, number | undefined>
    private others = Object.create(null) as Record<string, number | undefined>
    private keyList: K[] = []
    private valueList: V[] = []
    size = 0

    constructor(entries?: Iterable<readonly [K, V]> | null) {
        if (entries) toArray(entries).forEach((entry) => this.set(entry[0], entry[1]))
    }

    private position(key: K): number | undefined {
        return typeof key === 'string' ? this.strings[key] : this.others[nameOf(key)]
    }

    private place(key: K, position: number | undefined): void {
        if (typeof key === 'string') this.strings[key] = position
        else this.others[nameOf(key)] = position
    }

    set(key: K, value: V): this {
        const position = this.position(key)
        if (position !== undefined) this.valueList[position] = value
        else {
            this.place(key, this.size)
            this.keyList.push(key)
            this.valueList.push(value)
            this.size++
        }
        return this
    }

    get(key: K): V | undefined {
        const position = this.position(key)
        return position === undefined ? undefined : this.valueList[position]
    }

    has(key: K): boolean {
        return this.position(key) !== undefined
    }

    delete(key: K): boolean {
        const position = this.position(key)
        if (position === undefined) return false
        this.place(key, undefined)
        this.keyList = this.keyList.filter((_key, index) => index !== position)
        this.valueList = this.valueList.filter((_value, index) => index !== position)
        this.size--
        for (let index = position; index < this.size; index++) this.place(this.keyList[index]!, index)
        return true
    }

    forEach(call: (value: V, key: K) => void): void {
        for (let index = 0; index < this.keyList.length; index++) call(this.valueList[index]!, this.keyList[index]!)
    }

    entries(): IterableIterator<[K, V]> {
        return iterate(this.keyList.map((key, index): [K, V] => [key, this.valueList[index]!]))
    }

    keys(): IterableIterator<K> {
        return iterate(this.keyList)
    }

    values(): IterableIterator<V> {
        return iterate(this.valueList)
    }

    [Symbol.iterator](): IterableIterator<[K, V]> {
        return this.entries()
    }
}

class StandInSet<V> {
    private map = new StandInMap<V, true>()
    size = 0

    constructor(values?: Iterable<V> | null) {
        if (values) toArray(values).forEach((value) => this.add(value))
    }

    add(value: V): this {
        this.map.set(value, true)
        this.size = this.map.size
        return this
    }

    has(value: V): boolean {
        return this.map.has(value)
    }

    delete(value: V): boolean {
        const had = this.map.delete(value)
        this.size = this.map.size
        return had
    }

    forEach(call: (value: V) => void): void {
        this.map.forEach((_true, value) => call(value))
    }

    values(): IterableIterator<V> {
        return this.map.keys()
    }

    [Symbol.iterator](): IterableIterator<V> {
        return this.map.keys()
    }
}

function define(owner: object, name: string | symbol, value: unknown): void {
    if ((owner as Record<string | symbol, unknown>)[name] !== undefined) return
    Object.defineProperty(owner, name, { value, writable: true, configurable: true })
}

function flat(list: unknown[]): unknown[] {
    return ([] as unknown[]).concat.apply([], list)
}

define(globalThis, 'Map', StandInMap)
define(globalThis, 'Set', StandInSet)
define(Symbol, 'asyncIterator', 'Symbol.asyncIterator')
define(
    Array,
    'from',
    (source: Iterable<unknown> | ArrayLike<unknown>, map?: (value: unknown, index: number) => unknown) => {
        const list = toArray(source).slice()
        return map ? list.map((value, index) => map(value, index)) : list
    },
)
define(Array.prototype, 'at', function (this: unknown[], index: number) {
    return this[index < 0 ? this.length + index : index]
})
define(Array.prototype, 'flat', function (this: unknown[]) {
    return flat(this)
})
define(Array.prototype, 'flatMap', function (this: unknown[], map: (value: unknown, index: number) => unknown) {
    return flat(this.map((value, index) => map(value, index)))
})
define(String.prototype, 'replaceAll', function (this: string, from: string, to: string) {
    return this.split(from).join(to)
})
define(Object, 'fromEntries', (entries: Iterable<[string, unknown]>) => {
    const object: Record<string, unknown> = {}
    toArray(entries).forEach((entry) => (object[entry[0]] = entry[1]))
    return object
})
define(Promise, 'allSettled', (promises: Promise<unknown>[]) =>
    Promise.all(
        promises.map((promise) =>
            promise.then(
                (value) => ({ status: 'fulfilled', value }),
                (reason: unknown) => ({ status: 'rejected', reason }),
            ),
        ),
    ),
)
