import { connections, type Answers } from '../answers.js'
import { findWrk, runWrk } from '../wrk.js'
import { generateLoad } from './node-load.js'
import type { PathPattern } from './request-paths.js'

/** What a load generator saw. */
export type Load = Pick<Answers, 'requests' | 'seconds'>

/** Asks a server on a port of the loopback address over connections that stay open, as fast as it answers. */
export interface LoadGenerator {
    name: 'wrk' | 'node'
    /** @throws Error when an answer is not a 200: what was measured then would not be the thing that was meant */
    run(port: number, paths: PathPattern, seconds: number): Promise<Load>
}

/** wrk where it is installed, since it leaves more of the machine to the server; else a generator in Node. */
export function loadGenerator(folder: string): LoadGenerator {
    const wrk = findWrk()
    if (wrk === undefined) {
        return { name: 'node', run: (port, paths, seconds) => generateLoad(port, paths, connections, seconds) }
    }
    return {
        name: 'wrk',
        run: (port, paths, seconds) =>
            runWrk(wrk, { folder, url: `http://127.0.0.1:${port}`, seconds, script: wrkScript(paths) }),
    }
}

function wrkScript(paths: PathPattern): string {
    const next = Number.isFinite(paths.count) ? `(number + 1) % ${paths.count}` : 'number + 1'
    return `local number = ${paths.first}
request = function()
    number = ${next}
    return wrk.format(nil, "${paths.before}" .. number .. "${paths.after}")
end
`
}
