/** Rows as aligned columns, the first row being the heads. */
export function table(rows: readonly (readonly string[])[]): string {
    const widths = rows[0]!.map((_head, column) => Math.max(...rows.map((row) => row[column]!.length)))
    const line = (row: readonly string[]) =>
        row
            .map((cell, column) => cell.padEnd(widths[column]!))
            .join('  ')
            .trimEnd()
    return rows.map((row) => line(row) + '\n').join('')
}

/** Text that cannot command a terminal: what a bucket holds was written by others. */
export function printable(text: string): string {
    return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1))
}
