import { readFileSync } from 'node:fs'

/** A fenced block of a page. */
export interface PageBlock {
    /** What follows the fence: `sh`, `toml`, … */
    language: string
    text: string
    /** The file that the paragraph before the block names: "In `FILE`". */
    file: string | undefined
}

/**
 * The fenced blocks of a section of a page in docs/, as a reader copies them.
 *
 * @throws Error when the page has no such section, or no block in it
 */
export function pageBlocks(page: string, heading: string): PageBlock[] {
    const content = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8')
    const section = content.split(/^#{2,3} /m).find((text) => text.startsWith(`${heading}\n`))
    const blocks = [...(section ?? '').matchAll(/(?:^([^\n`]*`([^`\n]+)`[^\n]*)\n\n)?^```(\w+)\n([^]*?)^```$/gm)]
    if (blocks.length === 0) throw new Error(`docs/${page} has no blocks under ${heading}`)
    return blocks.map(([, sentence, file, language, text]) => ({
        language: language!,
        text: text!,
        file: sentence?.startsWith('In ') ? file : undefined,
    }))
}
