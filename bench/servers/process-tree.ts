import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second, on all machines. @see proc(5), times(2) */
const microsecondsPerTick = 10_000

/** The CPU time, user and system, that a process, its threads, and all its children have used so far. Microseconds. */
export function treeMicroseconds(root: number): number {
    const all = readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .flatMap((name) => statOf(Number(name)))
    const tree = new Set([root])
    // A child may have a lower number than its parent.
    for (let size = 0; size !== tree.size;) {
        size = tree.size
        for (const { pid, parent } of all) if (tree.has(parent)) tree.add(pid)
    }
    const ticks = all.filter(({ pid }) => tree.has(pid)).reduce((sum, each) => sum + each.ticks, 0)
    return ticks * microsecondsPerTick
}

function statOf(pid: number): { pid: number; parent: number; ticks: number }[] {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        // The name of the program, in parentheses, may hold anything.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        // utime, stime, and those of children that have ended.
        const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
        return [{ pid, parent: Number(fields[1]), ticks }]
    } catch {
        return [] // it has ended
    }
}
