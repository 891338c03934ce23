/** What a pace needs of the worker. Times in milliseconds. */
export interface PacedWorker {
    now(): number
    /** CPU time that the worker has used; undefined if the system does not tell. */
    cpuTime(): number | undefined
    sleep(milliseconds: number): Promise<void>
}

/** Time between two looks at the CPU time, which has a resolution of 10 ms. */
const interval = 200
/** The least share of the worker's time, while other requests could use all of it. */
const leastShare = 0.08

/**
 * The pauses of a large upload, which let other requests of the worker run.
 *
 * Hashing takes seconds of CPU time. While nobody else needs the worker, pauses are short. While other requests keep it
 * busy, they become longer: nginx then takes longer for the upload, and not for the others.
 *
 * @returns the function to call after each slice of work
 */
export function pacedPause(worker: PacedWorker): () => Promise<void> {
    let share = 1
    let workBegan = worker.now()
    let own = 0
    let lookedAt = workBegan
    let cpuThen = worker.cpuTime()
    return async () => {
        const work = worker.now() - workBegan
        own += work
        const elapsed = worker.now() - lookedAt
        if (elapsed >= interval) {
            const cpu = worker.cpuTime()
            if (cpu !== undefined && cpuThen !== undefined) {
                share = nextShare(share, (cpu - cpuThen - own) / elapsed, 1 - (cpu - cpuThen) / elapsed)
            }
            cpuThen = cpu
            lookedAt = worker.now()
            own = 0
        }
        await worker.sleep(Math.max(1, (work * (1 - share)) / share))
        workBegan = worker.now()
    }
}

/** @param others the share of other requests @param idle the share in which the worker had nothing to do */
function nextShare(share: number, others: number, idle: number): number {
    if (others < 0.05) return 1
    return idle < 0.15 ? Math.max(leastShare, share / 2) : Math.min(1, share * 1.5)
}

/**
 * The CPU time in /proc/PID/stat, in milliseconds.
 *
 * @see proc_pid_stat(5): the fields utime and stime, in ticks of 10 ms
 */
export function cpuTimeIn(stat: string): number | undefined {
    // The second field is a name in parentheses, which may have spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    return isNaN(ticks) ? undefined : ticks * 10
}
