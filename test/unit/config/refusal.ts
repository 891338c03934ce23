import { expect } from 'vitest'
import { UsageError } from '../../../core/user-error.js'

/** Expects a usage error: its message matches, and it tells what to do instead. */
export function expectRefusal(parse: () => unknown, message: RegExp | string, cure: RegExp | string): void {
    let refusal: unknown
    try {
        refusal = { accepted: parse() }
    } catch (error) {
        refusal = error
    }
    expect(refusal).toBeInstanceOf(UsageError)
    const { message: said, cure: advised } = refusal as UsageError
    expect(said).toMatch(message)
    expect(advised).toMatch(cure)
    // One line each, and what a terminal would act on is escaped.
    expect(said + advised).not.toMatch(/\p{Cc}/u)
}

/** Values that would end a word, a directive, a block or a comment of nginx, or start a variable. */
export const nginxInjections = [
    'a;',
    'a;return 200',
    'a{',
    'a}',
    '$host',
    'a$b',
    '"a"',
    "'a'",
    'a b',
    'a\nb',
    'a\r\nb',
    'a\n',
    '\na',
    'a\tb',
    'a\u0000b',
    'a\u001b[31m',
    'a#b',
    'a\\b',
    'a\u2028b',
]
