/** Elements that a browser opens anew in each block until their end tag. @see HTML, "The list of active formatting elements" */
const formatting = /^(?:a|b|code|em|i|s|small|strike|strong|tt|u)$/
/** Others within a line; they end with their block. */
const inLine = /^(?:abbr|cite|del|dfn|ins|kbd|mark|q|rp|rt|ruby|samp|span|sub|sup|var)$/
const empty = /^(?:br|hr|img)$/

/** The text would take a browser too long. */
export class TooLarge extends Error {}

/**
 * Writes tags so that those within a line are always closed before a block begins or ends, and opened again in the next text.
 * A browser does the same with tags that are not closed: a few of them and many paragraphs become millions of elements, which
 * can be counted here only. Its methods throw TooLarge.
 */
export class PlainWriter {
    private readonly written: string[] = []
    private length = 0
    private elements = 0
    /** Elements within a line whose end tag has not come; the first `opened` of them are open. */
    private readonly pending: { name: string; tag: string }[] = []
    private opened = 0

    constructor(
        private readonly maxElements: number,
        private readonly maxLength: number,
    ) {}

    text(text: string): void {
        if (/\S/.test(text)) this.open()
        this.add(text)
    }

    startTag(name: string, attributes: string): void {
        const tag = `<${name}${attributes}>`
        if (formatting.test(name) || inLine.test(name)) {
            // A link within a link ends it.
            if (name === 'a') this.endTag(name)
            // More are never open at once.
            if (this.pending.length < 100) this.pending.push({ name, tag })
            return
        }
        if (name === 'img' || name === 'br') this.open()
        else this.closeForBlock()
        this.addElement(tag)
    }

    endTag(name: string): void {
        if (empty.test(name)) return
        if (!formatting.test(name) && !inLine.test(name)) {
            this.closeForBlock()
            return this.add(`</${name}>`)
        }
        const at = this.pending.findLastIndex((each) => each.name === name)
        if (at < 0) return
        if (at < this.opened) this.closeDownTo(at)
        this.pending.splice(at, 1)
    }

    end(): string {
        this.closeDownTo(0)
        return this.written.join('')
    }

    private open(): void {
        while (this.opened < this.pending.length) this.addElement(this.pending[this.opened++]!.tag)
    }

    private closeForBlock(): void {
        this.closeDownTo(0)
        const kept = this.pending.filter(({ name }) => formatting.test(name))
        this.pending.splice(0, Infinity, ...kept)
    }

    private closeDownTo(count: number): void {
        while (this.opened > count) this.written.push(`</${this.pending[--this.opened]!.name}>`)
    }

    private addElement(tag: string): void {
        if (++this.elements > this.maxElements) throw new TooLarge()
        this.add(tag)
    }

    private add(text: string): void {
        this.length += text.length
        if (this.length > this.maxLength) throw new TooLarge()
        this.written.push(text)
    }
}
