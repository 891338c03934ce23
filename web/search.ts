import { normalizeName } from '../core/project-name.js'

/** The names and summaries of all projects in one text: a browser looks through it faster than through each of them. */
export interface SearchText {
    /** Normalised and sorted. */
    names: readonly string[]
    /** A line for each: the name, a tab, the summary in lower case. */
    text: string
    /** Where each line begins; the last number is the end. */
    starts: Uint32Array
}

/** @param names normalised and sorted @param summaries known so far, in lower case, by name */
export function searchText(names: readonly string[], summaries: ReadonlyMap<string, string>): SearchText {
    const starts = new Uint32Array(names.length + 1)
    let length = 0
    const lines = names.map((name, at) => {
        const line = `${name}\t${(summaries.get(name) ?? '').replaceAll('\n', ' ')}\n`
        length += line.length
        starts[at + 1] = length
        return line
    })
    return { names, text: lines.join(''), starts }
}

/**
 * The projects that match all words of a query, the best first: the name itself, names that begin with it, names with a
 * word that begins with it, names that contain it, summaries that contain it. A single letter is searched in names only.
 */
export function search(all: SearchText, query: string): readonly string[] {
    const { names, text, starts } = all
    const words = query.toLowerCase().split(/\s+/).filter(Boolean)
    if (words.length === 0) return names
    const terms = words.map((word) => ({ word, name: trimmed(normalizeName(word)) }))
    const whole = trimmed(normalizeName(words.join('-')))
    const ranked: string[][] = [[], [], [], [], []]
    const longest = terms.reduce((one, other) => (other.word.length > one.word.length ? other : one))
    for (const at of linesWith(all, longest)) {
        const name = names[at]!
        const summary = text.slice(starts[at]! + name.length + 1, starts[at + 1]! - 1)
        let inName = true
        const matches = terms.every((term) => {
            if (term.name !== '' && name.includes(term.name)) return true
            inName = false
            return term.word.length > 1 && summary.includes(term.word)
        })
        if (matches) ranked[inName ? rankOf(name, whole) : 4]!.push(name)
    }
    return ranked.flat()
}

/** The numbers of the lines that contain a word, or the name that it may be. */
function linesWith({ names, text, starts }: SearchText, { word, name }: { word: string; name: string }): number[] {
    const lines: number[] = []
    let inText = text.indexOf(word)
    let asName = name === word || name === '' ? -1 : text.indexOf(name)
    for (let line = 0; line < names.length && (inText >= 0 || asName >= 0); line++) {
        const end = starts[line + 1]!
        if ((inText < 0 || inText >= end) && (asName < 0 || asName >= end)) continue
        lines.push(line)
        if (inText >= 0 && inText < end) inText = text.indexOf(word, end)
        if (asName >= 0 && asName < end) asName = text.indexOf(name, end)
    }
    return lines
}

function rankOf(name: string, whole: string): number {
    if (name === whole) return 0
    if (name.startsWith(whole)) return 1
    return name.includes(`-${whole}`) ? 2 : 3
}

function trimmed(name: string): string {
    return name.replace(/^-|-$/g, '')
}

/** Names that a reader may have meant: at most a third of the letters differ. @param name normalised */
export function nearNames(names: readonly string[], name: string, count = 8): string[] {
    const letters = name.replaceAll('-', '')
    const limit = Math.max(1, Math.floor(letters.length / 3))
    const near = names.flatMap((each) => {
        if (each === name) return []
        const other = each.replaceAll('-', '')
        // The letters of a long name in another are also what its reader may look for.
        if (letters.length > 3 && (other.includes(letters) || (other.length > 3 && letters.includes(other)))) {
            return [{ each, distance: 1 + Math.abs(other.length - letters.length) / 100 }]
        }
        if (Math.abs(other.length - letters.length) > limit) return []
        const distance = editDistance(letters, other, limit)
        return distance > limit ? [] : [{ each, distance }]
    })
    near.sort((a, b) => a.distance - b.distance || (a.each < b.each ? -1 : 1))
    return near.slice(0, count).map(({ each }) => each)
}

/** Insertions, deletions, replacements and swaps of neighbours; more than `limit` are not counted to the end. */
function editDistance(a: string, b: string, limit: number): number {
    let before: number[] = []
    let last = Array.from({ length: b.length + 1 }, (_, at) => at)
    for (let row = 1; row <= a.length; row++) {
        const current = [row]
        for (let column = 1; column <= b.length; column++) {
            const same = a[row - 1] === b[column - 1]
            let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1))
            if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
                cost = Math.min(cost, before[column - 2]! + 1)
            }
            current.push(cost)
        }
        if (Math.min(...current) > limit) return limit + 1
        before = last
        last = current
    }
    return last[b.length]!
}
