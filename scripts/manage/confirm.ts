import { createInterface } from 'node:readline/promises'
import { UserError } from '../../core/user-error.js'

/**
 * Asks on the terminal whether to go on.
 *
 * @throws UserError for every answer but yes, and where there is no terminal
 */
export async function confirm(question: string): Promise<void> {
    if (!process.stdin.isTTY || !process.stderr.isTTY) {
        throw new UserError(`${question}: there is no terminal to ask on`, 'Say it with --yes.')
    }
    const terminal = createInterface({ input: process.stdin, output: process.stderr })
    try {
        const answer = await terminal.question(`${question}? [y/N] `)
        if (!/^y(?:es)?$/i.test(answer.trim())) throw new UserError('nothing was removed')
    } finally {
        terminal.close()
    }
}
