/** A JSON object without a prototype. */
export interface JsonObject {
    [name: string]: JsonValue
}
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject

/** Of objects and lists in each other. */
const maxDepth = 8

const spaces = /[ \t\n\r]*/g
const numbers = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const plainText = /[^"\\\u0000-\u001f]*/g
const words: [word: string, value: JsonValue][] = [
    ['true', true],
    ['false', false],
    ['null', null],
]

/**
 * Parses a JSON object as RFC 8259 has it, without what JSON.parse lets pass: names that occur twice, which readers of a token
 * understand differently, and deep nesting.
 *
 * @throws Error that says what is wrong and quotes nothing
 */
export function parseJsonObject(text: string): JsonObject {
    const reader = new Reader(text)
    reader.skipSpaces()
    if (reader.next() !== '{') throw new Error('it is not a JSON object')
    const value = reader.value(0) as JsonObject
    reader.skipSpaces()
    if (reader.next() !== '') throw new Error('something follows the JSON object')
    return value
}

class Reader {
    private position = 0

    constructor(private readonly text: string) {}

    next(): string {
        return this.text.charAt(this.position)
    }

    skipSpaces(): void {
        this.take(spaces)
    }

    /** What matches here; may be empty. */
    private take(pattern: RegExp): string {
        pattern.lastIndex = this.position
        const match = pattern.exec(this.text)
        if (match === null || match.index !== this.position) return ''
        this.position += match[0].length
        return match[0]
    }

    private expect(character: string): void {
        if (this.next() !== character) throw new Error(`the JSON lacks a ${character}`)
        this.position++
    }

    value(depth: number): JsonValue {
        if (depth > maxDepth) throw new Error(`the JSON is nested more than ${maxDepth} times`)
        const first = this.next()
        if (first === '{') return this.object(depth)
        if (first === '[') return this.list(depth)
        if (first === '"') return this.string()
        for (let index = 0; index < words.length; index++) {
            const [word, value] = words[index]!
            if (this.text.slice(this.position, this.position + word.length) === word) {
                this.position += word.length
                return value
            }
        }
        const number = this.take(numbers)
        if (number === '') throw new Error('the JSON is damaged')
        return Number(number)
    }

    private object(depth: number): JsonObject {
        const object = Object.create(null) as JsonObject
        this.expect('{')
        this.skipSpaces()
        if (this.next() === '}') {
            this.position++
            return object
        }
        for (;;) {
            this.skipSpaces()
            const name = this.string()
            // On some engines it would set the prototype.
            if (name === '__proto__') throw new Error('the JSON has the name "__proto__"')
            if (object[name] !== undefined) throw new Error('a name occurs twice in the JSON')
            this.skipSpaces()
            this.expect(':')
            this.skipSpaces()
            object[name] = this.value(depth + 1)
            this.skipSpaces()
            if (this.next() === '}') break
            this.expect(',')
        }
        this.position++
        return object
    }

    private list(depth: number): JsonValue[] {
        const list: JsonValue[] = []
        this.expect('[')
        this.skipSpaces()
        if (this.next() === ']') {
            this.position++
            return list
        }
        for (;;) {
            this.skipSpaces()
            list.push(this.value(depth + 1))
            this.skipSpaces()
            if (this.next() === ']') break
            this.expect(',')
        }
        this.position++
        return list
    }

    private string(): string {
        this.expect('"')
        let text = ''
        for (;;) {
            text += this.take(plainText)
            const end = this.next()
            this.position++
            if (end === '"') break
            if (end !== '\\') throw new Error('a text in the JSON does not end, or has a control character')
            text += this.escaped()
        }
        return text
    }

    private escaped(): string {
        const letter = this.next()
        this.position++
        const simple = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' } as Record<
            string,
            string
        >
        if (letter !== 'u') {
            const character = letter === '' ? undefined : simple[letter]
            if (character === undefined) throw new Error('the JSON has a wrong escape')
            return character
        }
        const code = this.codeUnit()
        if (code < 0xd800 || code > 0xdfff) return String.fromCharCode(code)
        // Half of a character is none, and engines differ in what they make of it.
        const isPair = code < 0xdc00 && this.text.slice(this.position, this.position + 2) === '\\u'
        this.position += 2
        const low = isPair ? this.codeUnit() : 0
        if (low < 0xdc00 || low > 0xdfff) throw new Error('the JSON has half of a surrogate pair')
        return String.fromCodePoint(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00))
    }

    private codeUnit(): number {
        const digits = this.text.slice(this.position, this.position + 4)
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new Error('the JSON has a wrong escape')
        this.position += 4
        return parseInt(digits, 16)
    }
}
