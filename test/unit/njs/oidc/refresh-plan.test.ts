import { expect, test } from 'vitest'
import { afterFailure, afterSuccess, isDue, type RefreshState } from '../../../../njs/oidc/refresh-plan.js'

const minute = 60_000
const now = 1_800_000_000_000
const never: RefreshState = { plan: 'x', asked: 0, next: 0, failures: 0, message: '' }
const fetched = afterSuccess(never, now, 0)

test('keys are fetched at the start, and again after an hour', () => {
    expect(isDue(never, now, false)).toBe(true)
    expect(isDue(fetched, now + 60 * minute - 1, false)).toBe(false)
    expect(isDue(fetched, now + 60 * minute, false)).toBe(true)
})

test('an unknown key causes one attempt a minute', () => {
    expect(isDue(fetched, now + minute - 1, true)).toBe(false)
    expect(isDue(fetched, now + minute, true)).toBe(true)
    const failed = afterFailure(fetched, now + minute, 'status 500', true, 1)
    expect(failed).toMatchObject({ failures: 1, message: 'status 500' })
    expect(isDue(failed, now + minute + 100, true)).toBe(false)
    expect(afterSuccess(failed, now, 0)).toMatchObject({ failures: 0, message: '' })
})

test('a clock that was ahead, and was set back, does not stop the fetching', () => {
    expect(isDue(fetched, now - 1, false)).toBe(true)
    expect(isDue(fetched, now, false)).toBe(false)
})
