import { describe, expect, test } from 'vitest'
import { isWorthLogging, nextRefresh, retryDelay } from '../../../../njs/credentials/refresh-schedule.js'

const minute = 60_000
const session = (expires: number) => ({ accessKeyId: 'AKID', secretAccessKey: 's', sessionToken: 't', expires })

describe('the next session is asked for', () => {
    test.each([
        ['six hours', 360, 345, 343.5],
        ['an hour', 60, 45, 43.5],
        ['a quarter of an hour', 15, 7.5, 6.75],
        ['20 seconds', 1 / 3, 1 / 6, 9 / 60],
    ])('of one that lives %s', (_name, lifetime, latest, earliest) => {
        const now = 1_000_000
        expect(nextRefresh(session(now + lifetime * minute), now, 0)).toBeCloseTo(now + latest * minute, -1)
        expect(nextRefresh(session(now + lifetime * minute), now, 1)).toBeCloseTo(now + earliest * minute, -1)
    })

    test('at each look, where no end is known', () => expect(nextRefresh(session(0), 5, 1)).toBe(5))
})

describe('after a failure', () => {
    test('the wait doubles, up to a minute while a session serves', () => {
        const waits = Array.from({ length: 9 }, (_each, index) => retryDelay(index + 1, true, 1) / 1000)
        expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
    })

    test('and up to ten seconds while requests are refused', () => {
        const waits = Array.from({ length: 6 }, (_each, index) => retryDelay(index + 1, false, 1) / 1000)
        expect(waits).toEqual([1, 2, 4, 8, 10, 10])
    })

    test('chance takes off up to a half', () => expect(retryDelay(3, true, 0)).toBe(2000))

    test('the log is told now and then, and of each new cause', () => {
        const told = [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((failures) => isWorthLogging(failures, 'a', 'a'))
        expect(told).toEqual([1, 2, 4, 8])
        expect(isWorthLogging(3, 'b', 'a')).toBe(true)
    })
})
