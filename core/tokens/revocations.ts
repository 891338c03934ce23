/** Tokens that are no longer valid, by their identifier or their subject. */
export type Revocations = string[]

/** The `jti` of a token, a user name, or the subject of a CI job: `ISSUER:SUBJECT`. */
const identifier = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*|[a-z0-9-]+:[!-~]+)$/
const wholeToken = /^eyJ[A-Za-z0-9_-]+\.eyJ/

/**
 * Reads the file of revoked tokens: an identifier (`jti`) or a subject (`sub`) on each line; `#` begins a comment.
 *
 * @throws Error that names the line, and does not quote it: a revocation must not be overlooked
 */
export function parseRevocations(text: string): Revocations {
    const found: Revocations = []
    // Some editors write a byte order mark.
    const lines = text.replace(/^\ufeff/, '').split('\n')
    lines.forEach((line, index) => {
        const words = line
            .replace(/(?:^|\s)#.*$/, '')
            .trim()
            .split(/\s+/)
        if (words[0] === '') return
        const refuse = (what: string) => new Error(`line ${index + 1} ${what}`)
        if (words.length > 1) throw refuse('has more than one word: write one token a line')
        if (wholeToken.test(words[0]!)) throw refuse('is a token: write its identifier (jti), or its user name')
        if (!identifier.test(words[0]!))
            throw refuse('is no identifier of a token and no user name: write one of them, without quotes')
        found.push(words[0]!)
    })
    return found
}

export function revokes(revocations: Revocations, subject: string, id: string): boolean {
    return revocations.indexOf(id) >= 0 || revocations.indexOf(subject) >= 0
}
