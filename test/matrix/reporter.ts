import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { cells, machine, projectRoot } from './cells.js'
import { verdict, type CellResult, type Claim, type Results } from './results.js'
import { renderTable } from './table.js'

interface Options {
    /** The files that each cell has to run. */
    expected: Record<string, string[]>
    /** Why cells could not run, by their names. */
    missing: Record<string, string>
    /** The file for the table; none by default. */
    table: string | undefined
}

/** Says what became of each cell, and writes the table of tested versions where it is asked for. */
export default class MatrixReporter implements Reporter {
    readonly #options: Options

    constructor(options: Options) {
        this.#options = options
    }

    onTestRunEnd(modules: readonly TestModule[]): void {
        const results: Results = {
            date: new Date().toISOString().slice(0, 10),
            cells: [...cells.map(({ name }) => name), machine].map((name) => this.#cellResult(name, modules)),
            claims: modules.flatMap(claimsOf),
        }
        const lines = results.cells.map((cell) => `  ${cell.name}: ${cell.passed} passed; ${verdict(cell)}`)
        process.stdout.write(`\nCells:\n${lines.join('\n')}\n`)
        if (this.#options.table !== undefined) {
            writeFileSync(path.resolve(projectRoot, this.#options.table), renderTable(results))
        }
    }

    #cellResult(name: string, modules: readonly TestModule[]): CellResult {
        const own = modules.filter((module) => module.project.name === name)
        const tests = own.flatMap((module) => [...module.children.allTests()])
        const count = (state: string) => tests.filter((test) => test.result().state === state).length
        const broken = own.filter((module) => !module.ok()).length
        const ran = own.filter((module) => module.state() === 'passed' || module.state() === 'failed')
        const expected =
            name === machine ? own.map((module) => module.relativeModuleId) : (this.#options.expected[name] ?? [])
        const notRun = expected.filter((file) => !ran.some((module) => module.relativeModuleId === file))
        const reason = this.#options.missing[name]
        return {
            name,
            passed: count('passed'),
            // A file that cannot be imported and a hook that throws have no test that fails.
            failed: Math.max(count('failed'), broken),
            skipped: count('skipped'),
            notRun,
            ...(reason === undefined ? {} : { reason }),
        }
    }
}

/** What the suites of a file prove: a suite that was skipped proves nothing, one test of it that failed disproves it. */
function claimsOf(module: TestModule): Claim[] {
    return [...module.children.allTests()].flatMap((test) => {
        const { tested } = test.meta()
        if (tested === undefined || test.result().state === 'skipped') return []
        return [{ cell: module.project.name, tested, passed: suiteOf(test).every(hasPassed) && isWhole(test.parent) }]
    })
}

/** A hook that throws has no test that fails. */
function isWhole(suite: TestCase['parent']): boolean {
    return suite.errors().length === 0 && (suite.type === 'module' || isWhole(suite.parent))
}

function suiteOf(test: TestCase): TestCase[] {
    return [...test.parent.children.allTests()]
}

function hasPassed(test: TestCase): boolean {
    return test.result().state === 'passed'
}
