import { setTimeout as sleep } from 'node:timers/promises'
import { backOffTime } from '../../core/back-off.js'

/** Waits before a retry. @see backOffTime */
export async function backOff(attempt: number, base: number, limit: number): Promise<void> {
    await sleep(backOffTime(attempt, base, limit))
}

/** Error codes of a connection that broke while the body was read: the AWS SDK does not retry then. */
const cut = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE'])
const cutAttempts = 10

/**
 * Repeats a request if the connection breaks while the response body is read.
 *
 * @param send sends the request; retries by itself until a response arrives
 */
export async function retryCut<Answer, Result>(
    send: () => Promise<Answer | undefined>,
    read: (answer: Answer) => Promise<Result>,
): Promise<Result | undefined> {
    for (let attempt = 0; ; attempt++) {
        const answer = await send()
        try {
            return answer && (await read(answer))
        } catch (error) {
            const code = (error as NodeJS.ErrnoException).code ?? ''
            if (!cut.has(code) || attempt + 1 === cutAttempts) throw error
            await backOff(attempt, 100, 5000)
        }
    }
}
