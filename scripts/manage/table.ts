/** Formats rows as aligned columns. The first row has the headings. */
export function table(rows: readonly (readonly string[])[]): string {
    // Not Math.max(...lengths): a call has at most some 120,000 arguments.
    const widest = (column: number) => rows.reduce((widest, row) => Math.max(widest, row[column]!.length), 0)
    const widths = rows[0]!.map((_head, column) => widest(column))
    const line = (row: readonly string[]) =>
        row
            .map((cell, column) => cell.padEnd(widths[column]!))
            .join('  ')
            .trimEnd()
    return rows.map((row) => line(row) + '\n').join('')
}

/** Escapes control characters: names in a bucket are untrusted and must not start a new line. */
export function onOneLine(text: string): string {
    return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1))
}
