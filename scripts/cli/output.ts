/**
 * Characters that a terminal, a pager or a CI log may interpret: control characters except line break and tab, bidirectional
 * controls, Unicode line separators, lone surrogates.
 *
 * @see Unicode UAX #9; CVE-2021-42574
 */
const active =
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/**
 * Log commands of GitHub Actions, Azure Pipelines and TeamCity.
 *
 * @see actions/runner, ActionCommand.cs: `::` may follow white space, `##[` may be anywhere in a line
 */
const command = /^(\s*):(?=:)|#(?=#\[|#vso\[|#teamcity\[)/gm

/**
 * Escapes text for output, since it may contain names from a bucket, an archive or a server. The escapes are those of JSON,
 * so JSON output keeps its meaning.
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
