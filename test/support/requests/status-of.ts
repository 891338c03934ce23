import { setTimeout as sleep } from 'node:timers/promises'

/**
 * The status of an answer, or "no answer" within three seconds: what a container's port has while its nginx is about to
 * start, or is gone.
 */
export async function statusOf(url: string): Promise<number | 'no answer'> {
    try {
        return (await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(3_000) })).status
    } catch (error) {
        if (error instanceof TypeError || (error as Error).name === 'TimeoutError') return 'no answer'
        throw error
    }
}

/** Asks until the answer has this status. @throws Error after twenty seconds, with the last answer */
export async function untilStatus(url: string, status: number): Promise<void> {
    const deadline = Date.now() + 20_000
    for (let last = await statusOf(url); last !== status; last = await statusOf(url)) {
        if (Date.now() > deadline) throw new Error(`${url} has ${last}, not ${status}`)
        await sleep(50)
    }
}
