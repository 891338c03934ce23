import { readFileSync } from 'node:fs'

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')

/**
 * The commands of README's section, in their order: what a newcomer types. Lines that one command is spread over are
 * together. Where the reader has to write something of their own there is an ellipsis, or PACKAGE.
 */
export function readmeCommands(section: string): string[] {
    const text = new RegExp(`^## ${section}\\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(readme)?.[1]
    const block = /^```sh\n([^]*?)^```$/m.exec(text ?? '')?.[1]
    if (block === undefined) throw new Error(`README.md has no commands under ${section}`)
    return block.match(/(?:.*[\\|]\n)*.+\n/g)!.map((command) => command.trimEnd())
}

/** Whether the command is for the reader to fill in. */
export function isToBeFilledIn(command: string): boolean {
    return command.includes('…')
}
