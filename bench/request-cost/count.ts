import type { Course } from '../course.js'
import type { Place } from '../minimal-nginx.js'
import type { NginxAtHand } from '../nginx-at-hand.js'
import { spreadOf } from '../quantiles.js'
import { filesFor, subjectName, type Subject } from './configurations.js'
import { instructionsPerRequest } from './instructions.js'
import { pathPattern, type PathKind } from './request-paths.js'

/** What a request costs nginx's worker in instructions, those of the kernel left out. */
export interface Count {
    nginx: string
    subject: string
    paths: PathKind
    instructions: number
}

/** As many requests as a run counts; so many paths are recent then. */
const requests = 100

/** Counts them for plain proxying and for the subjects. It takes half a minute a number, and repeats to a thousandth. */
export async function countInstructions(
    nginx: NginxAtHand,
    subjects: readonly Subject[],
    upstreamPort: number,
    kinds: readonly PathKind[],
    course: Course,
): Promise<Count[]> {
    const counts: Count[] = []
    for (const subject of [{ kind: 'plain' } as const, ...subjects]) {
        for (const paths of kinds) {
            course.signal.throwIfAborted()
            course.onProgress(`${nginx.name}: ${subjectName(subject)}, ${paths} paths`)
            const pattern = pathPattern(paths, 1_000_000)
            const run = {
                upstreamPort,
                filesIn: (place: Place) => filesFor(subject, nginx, place),
                paths: Number.isFinite(pattern.count) ? { ...pattern, count: requests } : pattern,
                requests,
            }
            // A minute that ends in the middle makes recent paths new: the median of three leaves that out.
            const repeated: number[] = []
            for (let time = 0; time < 3; time++) repeated.push(await instructionsPerRequest(nginx, run))
            const instructions = spreadOf(repeated).median
            counts.push({
                nginx: nginx.name,
                subject: subjectName(subject),
                paths,
                instructions: Math.round(instructions),
            })
        }
    }
    return counts
}

/** The counts as a table: a line for each nginx and subject, a column for each kind of path. */
export function tableOfCounts(counts: readonly Count[]): string {
    const kinds = [...new Set(counts.map(({ paths }) => paths))]
    const lines = new Map<string, string[]>()
    for (const { nginx, subject, instructions } of counts) {
        const name = `${nginx}  ${subject}`
        lines.set(name, [...(lines.get(name) ?? []), instructions.toLocaleString('en').padStart(11)])
    }
    const width = Math.max(...[...lines.keys()].map((name) => name.length))
    const head = ''.padEnd(width) + kinds.map((kind) => `  ${kind.padStart(11)}`).join('')
    const rows = [...lines].map(([name, cells]) => name.padEnd(width) + cells.map((cell) => `  ${cell}`).join(''))
    return `Instructions that nginx executes for a request, system calls left out, by kind of path.\n\n${[head, ...rows].join('\n')}\n`
}
