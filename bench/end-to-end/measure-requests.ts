import type { Answers } from '../answers.js'
import { startIndexNginx, type Configuration, type IndexNginx, type IndexSetup } from './index-nginx.js'
import { askWithNode } from './node-requests.js'
import type { RequestKind } from './request-kinds.js'
import type { Sending } from './sending.js'
import { askWithWrk } from './wrk-requests.js'

/** What requests of one kind cost. */
export interface RequestFigures extends Answers {
    configuration: Configuration
    kind: string
    /** `cold`: each path for the first time, of an nginx that has just started. `warm`: paths that were asked for. */
    phase: 'cold' | 'warm'
    /** CPU time of all workers for a request, user and system, in microseconds. */
    cpu: number
    /** The most memory that all workers had resident until then, MiB. */
    memory: number
}

/** What asks, and for how long. */
export interface RequestCourse {
    wrk: string | undefined
    /** For wrk's script. */
    folder: string
    /** Of each measurement. */
    seconds: number
    signal: AbortSignal
    onProgress: (text: string) => void
}

/** How many paths are asked for again and again: more than one, fewer than nginx keeps signatures of. */
const warmPaths = 500

/** A list that wrk has no use for: it asks for a request of each connection before it has an answer. */
const shortList = 100

/** Measures each kind with an nginx of its own, which has been asked for nothing yet. */
export async function measureRequests(
    setup: IndexSetup,
    kinds: readonly RequestKind[],
    course: RequestCourse,
): Promise<RequestFigures[]> {
    const figures: RequestFigures[] = []
    for (const kind of kinds) {
        course.onProgress(`${setup.configuration}: ${kind.name}`)
        const nginx = await startIndexNginx(setup)
        try {
            const measured = { configuration: setup.configuration, kind: kind.name }
            const cold = await measure(nginx, kind, false, course)
            figures.push({ ...measured, phase: 'cold', ...cold })
            const asked = { ...kind, requests: kind.requests.slice(0, Math.min(warmPaths, cold.requests)) }
            figures.push({ ...measured, phase: 'warm', ...(await measure(nginx, asked, true, course)) })
            await checkAnswers(nginx, asked, course.signal)
        } finally {
            await nginx.stop()
        }
    }
    return figures
}

async function measure(nginx: IndexNginx, kind: RequestKind, again: boolean, course: RequestCourse) {
    const { port } = nginx
    const { wrk, folder, seconds, signal } = course
    const sending: Sending = { port, again, seconds, signal }
    const before = nginx.usage()
    const isShort = !again && kind.requests.length < shortList
    const answers =
        wrk === undefined || isShort ? await askWithNode(kind, sending) : await askWithWrk(wrk, folder, kind, sending)
    const { cpu, memory } = nginx.usage()
    return { ...answers, cpu: (cpu - before.cpu) / answers.requests, memory }
}

/** wrk takes a 200 for a 304: some requests are sent once more. @throws Error when one is answered otherwise */
async function checkAnswers({ port }: IndexNginx, kind: RequestKind, signal: AbortSignal): Promise<void> {
    await askWithNode({ ...kind, requests: kind.requests.slice(0, 20) }, { port, again: false, seconds: 10, signal })
}
