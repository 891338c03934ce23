import { UserError } from '../user-error.js'

/** The error for a file that must not be published. @param file file name */
export function refusal(file: string, reason: string): UserError {
    return new UserError(`${file}: ${reason}`, 'Nothing was uploaded. Fix the project and rebuild it.')
}

/** The error for a faulty file that pip and uv still install. @param oddities at least one */
export function unusualRefusal(file: string, oddities: readonly string[]): UserError {
    return new UserError(
        `${file}: ${oddities.join('; ')}`,
        'Nothing was uploaded. Rebuild the file with a current builder. If you cannot, publish it as it is with\n' +
            '--accept-unusual: pip and uv install it.',
    )
}

/** Formats a name from an archive for a message: quoted, shortened, control characters escaped. */
export function quoted(name: string): string {
    const shown = name.length > 200 ? name.slice(0, 200) + '…' : name
    return JSON.stringify(shown).replace(/[\x7f-\x9f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
}

/** `its member "a" ONE`, or `3 of its members (first: "a") MANY`. */
export function ofMembers(names: readonly string[], one: string, many: string): string {
    const [first] = names
    if (names.length === 1) return `its member ${quoted(first!)} ${one}`
    return `${names.length} of its members (first: ${quoted(first!)}) ${many}`
}
