import type { Reporter, SerializedError, TestModule } from 'vitest/node'
import { reasonMark } from '../machine/requirements.js'

/** Ends the output of a test run: which suites this machine could not run and why, and a last line that counts. */
export default class SummaryReporter implements Reporter {
    onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
        const lines = [...missingLines(modules), countLine(modules, unhandledErrors)]
        process.stdout.write(`\n${lines.join('\n')}\n`)
    }
}

function missingLines(modules: readonly TestModule[]): string[] {
    const missing = modules
        .flatMap((module) => [...module.children.allSuites()])
        .filter((suite) => suite.name.includes(reasonMark) && suite.state() === 'skipped')
        .map((suite) => `  ${suite.name.replace(reasonMark, ': ')}`)
    return missing.length === 0 ? [] : ['Suites that this machine could not run:', ...new Set(missing), '']
}

function countLine(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): string {
    const states = modules.flatMap((module) => [...module.children.allTests()]).map((test) => test.result().state)
    const count = (state: string): number => states.filter((each) => each === state).length
    // A file that can't be imported and a hook that throws have no test that fails.
    const broken = modules
        .flatMap((module) => [module, ...module.children.allSuites()])
        .filter((each) => each.errors().length > 0).length
    const failed = count('failed') + broken + unhandledErrors.length
    const skipped = count('skipped')
    return `${count('passed')} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`
}
