import os from 'node:os'
import { defineConfig } from 'vitest/config'

/** Most tests wait, for programs that start and for clocks: more files run at once than there are processors. */
export const workers = Math.max(3, os.availableParallelism() + 1)

/** The last one ends the output with the count of the tests. */
export const reporters = ['default', './test/support/vitest/reporter.ts'] as const

export const timeouts = { testTimeout: 60_000, hookTimeout: 120_000 }

export default defineConfig({
    test: {
        include: ['test/**/*.test.ts'],
        globalSetup: ['test/support/vitest/build.ts', 'test/support/vitest/shared-s3.ts'],
        reporters: [...reporters],
        maxWorkers: workers,
        ...timeouts,
    },
})
