import type { SeededRandom } from './seeded-random.js'

/** Versions, well written and badly, and some that are none. */
export function versionText(random: SeededRandom): string {
    const { below, oneOf } = random
    const sometimes = (chance: number, text: () => string) => (below(100) < chance ? text() : '')
    const separator = () => oneOf(['', '.', '-', '_'])
    const suffix = (words: string[]) => separator() + oneOf(words) + separator() + sometimes(80, () => digits(random))
    return [
        sometimes(8, () => oneOf(['v', 'V', ' ', '\n', '\u00a0'])),
        sometimes(10, () => `${digits(random)}!`),
        [...Array(1 + below(4))].map(() => digits(random)).join('.'),
        sometimes(30, () => suffix(['a', 'alpha', 'b', 'beta', 'c', 'rc', 'pre', 'preview', 'RC', 'Alpha'])),
        sometimes(25, () => (below(3) === 0 ? `-${digits(random)}` : suffix(['post', 'rev', 'r', 'POST']))),
        sometimes(30, () => suffix(['dev', 'DEV', 'Dev'])),
        sometimes(
            45,
            () => `+${[...Array(1 + below(3))].map(() => localSegment(random)).join(oneOf(['.', '-', '_']))}`,
        ),
        sometimes(4, () => oneOf([' ', '\t', '.', '-', '+', '*', '.*', 'x', '\u0661', '\ufeff', '!'])),
    ].join('')
}

/** One that differs from another in one place: by a digit, a letter, a zero, a separator, case. */
export function neighbour(random: SeededRandom, text: string): string {
    const { below, oneOf } = random
    const at = below(text.length + 1)
    const character = text.charAt(at)
    const replaced = (by: string) => text.slice(0, at) + by + text.slice(at + 1)
    const inserted = (what: string) => text.slice(0, at) + what + text.slice(at)
    return oneOf([
        () => replaced(/\d/.test(character) ? String((Number(character) + 1) % 10) : character),
        () => replaced(oneOf(['e', '0', 'x', '1', 'b'])),
        () => replaced(/[._-]/.test(character) ? oneOf(['.', '-', '_', '']) : character),
        () => inserted(oneOf(['0', '00', '.0', '.', '1', 'e', 'a'])),
        () => replaced(''),
        () => replaced(character.toUpperCase()),
        () => text.replace(/^([^+]*\d)(\+|$)/, '$1.0$2'),
        () => text.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10)),
        () => text.replace(/(\d+)/, '0$1'),
    ])()
}

/** Often small, at times more digits than a float keeps apart, with zeros before them. */
function digits({ below, oneOf }: SeededRandom): string {
    const many = (count: number) => [...Array(count)].map(() => String(below(10))).join('')
    return oneOf([
        () => String(below(3)),
        () => String(below(3)),
        () => String(below(30)),
        () => `0${below(3)}`,
        () => `20240101123456${many(3)}`,
        () => `9007199254740${oneOf(['991', '992', '993', '994'])}`,
        () => many(1 + below(40)),
    ])()
}

function localSegment(random: SeededRandom): string {
    const { below, oneOf } = random
    const hexadecimal = () => [...Array(7)].map(() => below(16).toString(16)).join('')
    return oneOf([
        () => digits(random),
        hexadecimal,
        () => `${below(100)}e${below(10_000)}`,
        () => `0x${below(20)}`,
        () => oneOf(['Infinity', 'nan', 'ubuntu', 'Cu121', 'g1a2b3c', '1e5', '0b1', 'dev1', 'a', 'A', '1a']),
    ])()
}
