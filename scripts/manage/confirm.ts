import { createInterface } from 'node:readline/promises'
import { UserError } from '../../core/user-error.js'

/**
 * Asks for confirmation on the terminal.
 *
 * @throws UserError unless the answer is yes, or if there is no terminal
 */
export async function confirm(question: string): Promise<void> {
    if (!process.stdin.isTTY || !process.stderr.isTTY) {
        throw new UserError(`${question}: no terminal to ask for confirmation`, 'Confirm with --yes.')
    }
    const terminal = createInterface({ input: process.stdin, output: process.stderr })
    try {
        const answer = await terminal.question(`${question}? [y/N] `)
        if (!/^y(?:es)?$/i.test(answer.trim())) throw new UserError('nothing was removed')
    } finally {
        terminal.close()
    }
}
