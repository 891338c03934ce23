import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml'
import { UserError } from '../../core/user-error.js'

/** A map in a YAML file, with its place for messages. */
export interface YamlMap {
    line: number
    /** Each value with the line of its name. */
    entries: Map<string, { line: number; node: Node | null }>
}

/** Reads the maps, lists and texts of a YAML file, and names the line of what is wrong. */
export class YamlReader {
    private readonly lines = new LineCounter()
    private readonly root: Node | null

    /** @throws UserError when the file is not YAML, or says one name twice */
    constructor(
        text: string,
        private readonly file: string,
    ) {
        const document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false })
        const [error] = document.errors
        if (error) throw this.error(this.lines.linePos(error.pos[0]).line, error.message)
        this.root = document.contents
    }

    error(line: number, message: string, cure = 'docs/trusted-publishing.md describes the file.'): UserError {
        return new UserError(`${this.file}, line ${line}: ${message}`, cure)
    }

    /** The map at the top. */
    top(): YamlMap {
        return this.map(this.root, 1, 'the file')
    }

    /** @throws UserError for another node, or a name that is not a text */
    map(node: Node | null, line: number, what: string): YamlMap {
        if (!isMap(node)) throw this.error(this.lineOf(node, line), `${what} must be a map: NAME: VALUE`)
        const entries: YamlMap['entries'] = new Map()
        for (const { key, value } of node.items) {
            const name = this.text(key as Node | null, line, `a name in ${what}`)
            const at = this.lineOf(key as Node, line)
            // To YAML, the texts 1 and "1" are two names.
            if (entries.has(name)) throw this.error(at, `${JSON.stringify(name)} stands twice in ${what}`)
            entries.set(name, { line: at, node: value as Node | null })
        }
        return { line: this.lineOf(node, line), entries }
    }

    /** @throws UserError for another node, or an empty list */
    list(node: Node | null, line: number, what: string): { line: number; node: Node | null }[] {
        if (!isSeq(node) || node.items.length === 0) {
            throw this.error(this.lineOf(node, line), `${what} must be a list that is not empty`)
        }
        return node.items.map((item) => ({ line: this.lineOf(item as Node, line), node: item as Node | null }))
    }

    /** A text as it is written: 1.10 is not the number 1.1. */
    text(node: Node | null, line: number, what: string): string {
        if (isAlias(node)) {
            const cure = "Quote a text that begins with '*', and write out what an alias stands for."
            throw this.error(this.lineOf(node, line), `${what} is an alias of YAML`, cure)
        }
        const text = isScalar(node) && node.value !== null ? (node.source ?? String(node.value)) : ''
        if (text === '') throw this.error(this.lineOf(node, line), `${what} must be a text that is not empty`)
        if (/[\u0000-\u001f\u007f]/.test(text)) {
            throw this.error(this.lineOf(node, line), `${what} must be one line without control characters`)
        }
        return text
    }

    /** A text or a list of texts. */
    texts(node: Node | null, line: number, what: string): string[] {
        if (!isSeq(node)) return [this.text(node, line, what)]
        return this.list(node, line, what).map((item) => this.text(item.node, item.line, what))
    }

    /** @throws UserError for a name that is not known */
    refuseOthers({ entries }: YamlMap, known: string[], what: string): void {
        for (const [name, { line }] of entries) {
            if (known.includes(name)) continue
            throw this.error(line, `${JSON.stringify(name)} is not known in ${what}`, `Known are: ${known.join(', ')}.`)
        }
    }

    private lineOf(node: Node | null | undefined, otherwise: number): number {
        const start = node?.range?.[0]
        return start === undefined ? otherwise : this.lines.linePos(start).line
    }
}
