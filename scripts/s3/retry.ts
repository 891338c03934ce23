import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits before a try is repeated: a random part of a bound that doubles, so that many who collided spread out.
 *
 * @param attempt 0 for the first repetition
 * @param base milliseconds, the bound of the first wait
 * @param limit milliseconds, the largest bound
 * @see AWS Architecture Blog, "Exponential Backoff And Jitter" (full jitter)
 */
export async function backOff(attempt: number, base: number, limit: number): Promise<void> {
    await sleep(Math.random() * Math.min(limit, base * 2 ** Math.min(attempt, 30)))
}

/** Codes of a connection that broke while an answer was read: the AWS SDK's own retries end before the body. */
const cut = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE'])
const cutAttempts = 10

/**
 * Repeats a request whose answer was cut while it was read.
 *
 * @param send is repeated by itself while there is no answer
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
