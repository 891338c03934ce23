import type { JsonObject, JsonValue } from './strict-json.js'

/** Characters. Longer claims match nothing, so that a comparison costs at most their product. */
export const maxPatternLength = 512
const maxValueLength = 1024

/** A claim as the text that patterns are compared with; undefined for lists, objects, null and numbers that are not exact. */
export function claimText(value: JsonValue | undefined): string | undefined {
    if (typeof value === 'string' || typeof value === 'boolean') return String(value)
    const isExact = typeof value === 'number' && Math.floor(value) === value && Math.abs(value) <= 9007199254740991
    return isExact ? String(value) : undefined
}

/** `{name}` in a pattern. */
const reference = /\{([A-Za-z0-9_.\/:-]+)\}/

/**
 * Whether a pattern matches a whole value: `*` stands for any characters but "/", `**` for any characters, and `{name}` for
 * the claim of that name in the same token, exactly. All else is compared as it is, with its case.
 */
export function matchesPattern(pattern: string, value: string, claims: JsonObject): boolean {
    if (value.length > maxValueLength) return false
    const items = itemsOf(pattern, claims)
    if (items === undefined) return false
    // Which beginnings of the pattern match the value so far: a set of states, so that no pattern is slow.
    let states = reachable(items, [0])
    for (let index = 0; index < value.length && states.length > 0; index++) {
        const character = value.charAt(index)
        const next: number[] = []
        states.forEach((state) => {
            const item = items[state]
            if (item === '**' || (item === '*' && character !== '/')) next.push(state)
            else if (item === '\\' + character) next.push(state + 1)
        })
        states = reachable(items, next)
    }
    return states.indexOf(items.length) >= 0
}

/** With the states behind stars, each once. */
function reachable(items: string[], states: number[]): number[] {
    const seen: boolean[] = []
    const all: number[] = []
    states.forEach((first) => {
        for (let state = first; ; state++) {
            if (seen[state]) break
            seen[state] = true
            all.push(state)
            if (items[state] !== '*' && items[state] !== '**') break
        }
    })
    return all
}

/** `*`, `**`, or `\` and a character. Undefined if the token lacks a claim that the pattern names. */
function itemsOf(pattern: string, claims: JsonObject): string[] | undefined {
    const items: string[] = []
    const literal = (text: string) => {
        for (let index = 0; index < text.length; index++) items.push('\\' + text.charAt(index))
    }
    for (let rest = pattern; rest !== '';) {
        const found = reference.exec(rest)
        const before = found === null ? rest : rest.slice(0, found.index)
        before.split('*').forEach((text, index, all) => {
            literal(text)
            if (index === all.length - 1) return
            if (items[items.length - 1] === '*') items[items.length - 1] = '**'
            else if (items[items.length - 1] !== '**') items.push('*')
        })
        if (found === null) break
        const named = claimText(claims[found[1]!])
        if (named === undefined || named === '' || named.length > maxValueLength) return undefined
        literal(named)
        rest = rest.slice(found.index + found[0].length)
    }
    return items
}
