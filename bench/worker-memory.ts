import { readFileSync, writeFileSync } from 'node:fs'

/** The memory of a process that is in RAM now, and the most that was since `forgetPeak`. MB. */
export function residentMemory(pid: number): { now: number; peak: number } {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const megabytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
    return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') }
}

/** From now on, the peak is what will be reached. @see proc(5), clear_refs */
export function forgetPeak(pid: number): void {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
}
