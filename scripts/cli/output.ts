/**
 * What a terminal, a pager or the log of a CI job may act on: control characters but the line break and the tab, characters
 * that turn the direction of text, separators of lines that are none for others, halves of a character.
 *
 * @see Unicode UAX #9; CVE-2021-42574
 */
const active =
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/**
 * Commands of GitHub Actions, Azure Pipelines and TeamCity in a log.
 *
 * @see actions/runner, ActionCommand.cs: `::` counts behind white space, `##[` anywhere in a line
 */
const command = /^(\s*):(?=:)|#(?=#\[|#vso\[|#teamcity\[)/gm

/**
 * Text that commands nothing, whatever names of a bucket, an archive or a server are in it: the last step before each
 * output of a program. What is escaped is written as in JSON, so JSON stays the same JSON.
 */
export function printable(text: string): string {
    return text.replace(active, escaped).replace(command, (found: string, space?: string) => {
        return space === undefined ? escaped(found) : space + escaped(':')
    })
}

/** Writes to stdout. */
export function print(text: string): void {
    process.stdout.write(printable(text))
}

/** Writes to stderr. */
export function printError(text: string): void {
    process.stderr.write(printable(text))
}

function escaped(character: string): string {
    return '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0')
}
