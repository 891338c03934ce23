import { Document, Pair, Scalar, YAMLMap, YAMLSeq, type Node } from 'yaml'

/** A value and its reason, which becomes a YAML comment above it. */
class Reasoned {
    constructor(
        readonly reason: string,
        readonly value: unknown,
    ) {}
}

/** Adds a comment with the reason for a value to a manifest. */
export function because(reason: string, value: unknown): unknown {
    return new Reasoned(reason, value)
}

/** Maximum width of a comment, without its indentation. */
const commentWidth = 100

/**
 * Renders a YAML document in the order of the object's keys. Omits undefined values.
 *
 * @param value plain objects, lists, strings, numbers and booleans, with reasons from `because`
 */
export function toYaml(value: object): string {
    // kubectl reads YAML 1.1, in which unquoted "on" and 0440 are not strings.
    const document = new Document(null, { version: '1.1' })
    document.contents = nodeOf(value)
    // Never folds long strings: folded ones are harder to read and to search for.
    return document.toString({ lineWidth: 0, directives: false })
}

function nodeOf(value: unknown): Node {
    if (value instanceof Reasoned) return commented(nodeOf(value.value), value.reason)
    if (Array.isArray(value)) {
        const list = new YAMLSeq()
        list.items = value.filter((item) => item !== undefined).map(nodeOf)
        return list
    }
    if (typeof value !== 'object' || value === null) return scalarOf(value)
    const map = new YAMLMap()
    map.items = Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) =>
            item instanceof Reasoned
                ? new Pair(commented(scalarOf(key), item.reason), nodeOf(item.value))
                : new Pair(scalarOf(key), nodeOf(item)),
        )
    return map
}

function scalarOf(value: unknown): Scalar {
    const scalar = new Scalar(value)
    // An octal number in YAML 1.2; kubectl also reads it as a number.
    if (typeof value === 'string' && /^0o/i.test(value)) scalar.type = 'QUOTE_DOUBLE'
    return scalar
}

function commented<Kind extends Node>(node: Kind, reason: string): Kind {
    node.commentBefore = wrapped(reason)
        .map((line) => ` ${line}`)
        .join('\n')
    return node
}

function wrapped(text: string): string[] {
    const lines = ['']
    for (const word of text.split(' ')) {
        const line = lines.at(-1)!
        if (line !== '' && line.length + 1 + word.length > commentWidth) lines.push(word)
        else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
    }
    return lines
}
