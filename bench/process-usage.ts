import { readFileSync, writeFileSync } from 'node:fs'

/**
 * The CPU time, user and system, that a process of one thread has used, in microseconds. Linux counts it in
 * nanoseconds in `schedstat`, where `stat` has hundredths of a second only.
 */
export function cpuMicroseconds(pid: number): number {
    const [nanoseconds] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
    return Number(nanoseconds) / 1000
}

/** The memory of a process that is in RAM now, and the most that was since `forgetPeak`, with what it shares. MiB. */
export function residentMemory(pid: number): { now: number; peak: number } {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const mebibytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
    return { now: mebibytes('VmRSS'), peak: mebibytes('VmHWM') }
}

/** From now on, the peak is what will be reached. @see proc(5), clear_refs */
export function forgetPeak(pid: number): void {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
}
