import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { reporters } from './vitest.config.js'

const unbuiltScript = fileURLToPath(new URL('test/support/variants/unbuilt-script.ts', import.meta.url))

/** The unit tests alone, in seconds: they need no build, no other program and no set-up. */
export default defineConfig({
    resolve: { alias: [{ find: /^.*\/built-script\.js$/, replacement: unbuiltScript }] },
    test: {
        include: ['test/unit/**/*.test.ts'],
        reporters: [...reporters],
        // Half of the time would go into loading the same modules for each file. A hook at the top level of a module that
        // several files import would run for the first of them only.
        isolate: false,
        maxWorkers: os.availableParallelism(),
        testTimeout: 10_000,
        coverage: { include: ['core/**', 'njs/**/*.ts', 'scripts/**/*.ts'], reporter: ['text', 'html'] },
    },
})
