import { defineConfig } from 'vitest/config'

export default defineConfig({
    test: {
        include: ['test/**/*.test.ts'],
        globalSetup: ['test/support/build.ts', 'test/support/shared-s3.ts'],
        reporters: ['default', './test/support/reporter.ts'],
        testTimeout: 60_000,
        hookTimeout: 120_000,
    },
})
