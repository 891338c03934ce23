import type { Course } from '../course.js'
import type { JsEngine, NginxAtHand } from '../nginx-at-hand.js'
import { runNginx } from '../running-nginx.js'
import { upstreamConfiguration, type Subject } from './configurations.js'
import { countInstructions, type Count } from './count.js'
import type { Gateway } from './gateway.js'
import type { LoadGenerator } from './load.js'
import { measure, type Cost, type Extent } from './measure.js'
import type { PathKind } from './request-paths.js'

/** Measures what signing costs beside plain proxying, by one nginx. */
export function measureSigning(
    nginx: NginxAtHand,
    gateway: Gateway | undefined,
    load: LoadGenerator,
    extent: Extent,
    course: Course,
): Promise<Cost[]> {
    const subjects = subjectsOf(nginx, gateway)
    return withUpstream(nginx, (port) => measure(nginx, { kind: 'plain' }, subjects, port, load, extent, course))
}

/** Counts the instructions that signing costs, and those of plain proxying, by one nginx. */
export function countSigning(
    nginx: NginxAtHand,
    gateway: Gateway | undefined,
    kinds: readonly PathKind[],
    course: Course,
): Promise<Count[]> {
    return withUpstream(nginx, (port) => countInstructions(nginx, subjectsOf(nginx, gateway), port, kinds, course))
}

async function withUpstream<Result>(nginx: NginxAtHand, task: (port: number) => Promise<Result>): Promise<Result> {
    const upstream = await runNginx(nginx, 0, (place) => [
        { name: 'nginx.conf', content: upstreamConfiguration(place) },
    ])
    try {
        return await task(upstream.port)
    } finally {
        await upstream.stop()
    }
}

function subjectsOf({ engines, recipe }: NginxAtHand, gateway: Gateway | undefined): Subject[] {
    return [
        ...(recipe === undefined ? [] : [{ kind: 'recipe' } as const]),
        // Its cache would answer in the place of a signed request.
        ...(gateway === undefined ? [] : [{ kind: 'gateway', gateway, cache: false } as const]),
        ...engines.flatMap((engine: JsEngine): Subject[] => [
            { kind: 'constant js_set', engine },
            { kind: 'signed', engine, signature: 'v4' },
            { kind: 'signed', engine, signature: 'v2' },
        ]),
    ]
}
