import { expect, test } from 'vitest'
import { parseSummary } from '../../../bench/rivals/system-calls.js'

const summary = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 61.02    0.012345          12      1000           recvfrom
 30.11    0.006000           3      2000        16 pread64
  8.87    0.001770          88        20           epoll_wait
------ ----------- ----------- --------- --------- ----------------
100.00    0.020115           6      3020        16 total
`

test('a summary of strace becomes calls of a request, most frequent first', () => {
    const calls = parseSummary(summary, 1000)
    expect(Object.entries(calls)).toEqual([
        ['pread64', 2],
        ['recvfrom', 1],
        ['epoll_wait', 0.02],
    ])
})

test('the summary of a server that made no calls is empty', () => {
    expect(parseSummary('', 1000)).toEqual({})
})
