import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { cpuTimeIn, pacedPause } from '../../../../njs/upload/pace.js'

/** Milliseconds of one slice of work. */
const slice = 3

/**
 * The share of its time that a worker gives to an upload.
 *
 * @param demand the share of its time that other requests can use
 */
async function shareOf(demand: number, tellsCpuTime = true): Promise<number> {
    let clock = 0
    let cpu = 0
    const pause = pacedPause({
        now: () => clock,
        cpuTime: () => (tellsCpuTime ? Math.floor(cpu / 10) * 10 : undefined),
        sleep: async (milliseconds) => {
            // What others could not do during the slice, they do now.
            const elapsed = milliseconds + slice
            cpu += Math.min(milliseconds, demand * elapsed)
            clock += milliseconds
        },
    })
    let worked = 0
    for (let slices = 0; slices < 2000; slices++) {
        worked += slice
        clock += slice
        cpu += slice
        await pause()
    }
    return worked / clock
}

describe('a large upload', () => {
    test.each([
        [0, 0.7, 0.8],
        [0.04, 0.7, 0.8],
        [0.3, 0.3, 0.7],
        [0.6, 0.1, 0.45],
        [1, 0.07, 0.1],
    ])('beside others that use %f of the worker', async (demand, least, most) => {
        const share = await shareOf(demand)
        expect(share).toBeGreaterThan(least)
        expect(share).toBeLessThan(most)
    })

    test('does not slow down where the system does not tell the CPU time', async () => {
        expect(await shareOf(1, false)).toBeCloseTo(0.75)
    })
})

test('the CPU time of a process', () => {
    const fields = '2 R) S 1 2 3 0 -1 4194560 100 0 0 0 250 50 7 8 20 0 1 0 12345 1000 100'
    expect(cpuTimeIn(`1234 (nginx ${fields}`)).toBe(3000)
    expect(cpuTimeIn('')).toBeUndefined()
    const own = cpuTimeIn(readFileSync('/proc/self/stat', 'utf8'))!
    expect(Math.abs(own - process.cpuUsage().user / 1000 - process.cpuUsage().system / 1000)).toBeLessThan(500)
})
