import { UserError } from '../../core/user-error.js'

/** The error for a file that must not be published. @param file its name */
export function refusal(file: string, reason: string): UserError {
    return new UserError(`${file}: ${reason}`, 'Nothing was uploaded. Correct the project and build it again.')
}

/** The error for a file that pip and uv install, but that its builder should not have made so. @param oddities at least one */
export function unusualRefusal(file: string, oddities: readonly string[]): UserError {
    return new UserError(
        `${file}: ${oddities.join('; ')}`,
        'Nothing was uploaded. Build it again with a current builder. A file of others, which pip and uv install all the\n' +
            'same, is published with --accept-unusual.',
    )
}

/** A name out of an archive, for a message: quoted, without control characters, not too long. */
export function quoted(name: string): string {
    const shown = name.length > 200 ? name.slice(0, 200) + '…' : name
    return JSON.stringify(shown).replace(/[\x7f-\x9f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
}

/** `its member "a" WHAT`, or `3 of its members, "a" the first, WHAT`. */
export function ofMembers(names: readonly string[], one: string, many: string): string {
    const [first] = names
    if (names.length === 1) return `its member ${quoted(first!)} ${one}`
    return `${names.length} of its members, ${quoted(first!)} the first, ${many}`
}
