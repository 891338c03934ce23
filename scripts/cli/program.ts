import { Command, CommanderError } from 'commander'
import { readFileSync } from 'node:fs'
import { packageRoot } from './package-root.js'
import { print, printError } from './output.js'
import { UsageError, UserError } from '../../core/user-error.js'

/** Exit statuses of all programs. */
export const exitStatus = { success: 0, failure: 1, usage: 2 } as const

/** The version in package.json. */
export const version = (JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as { version: string })
    .version

/** Creates a command whose usage errors exit with status 2 and point to `--help`. */
export function createProgram(name: string, description: string): Command {
    return new Command(name)
        .description(description)
        .version(version)
        .showHelpAfterError(`Try: ${name === 'npm start' ? 'npm start --' : name} --help`)
        .configureHelp({ showGlobalOptions: true })
        .configureOutput({ writeOut: print, writeErr: printError })
        .exitOverride()
}

/**
 * Parses `process.argv`, runs the command's action and sets the exit status: 0 for success, 1 for a failure, 2 for a
 * usage error. Prints a `UserError` with its cure on stderr; any other error is a bug and keeps its stack.
 */
export async function runProgram(program: Command, argv: readonly string[] = process.argv): Promise<void> {
    // A closed pipe (`| head`) is not a failure.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPIPE') process.exit(exitStatus.success)
        throw error
    })
    try {
        await program.parseAsync(argv)
    } catch (error) {
        if (error instanceof CommanderError) {
            // Commander has printed the message; its statuses are 0 (help, version) and 1.
            process.exitCode = error.exitCode === 0 ? exitStatus.success : exitStatus.usage
        } else if (error instanceof UserError) {
            printError(formatUserError(program.name(), error))
            process.exitCode = error instanceof UsageError ? exitStatus.usage : exitStatus.failure
        } else {
            throw error
        }
    }
}

/** `name: message`, then the cure on indented lines. */
export function formatUserError(name: string, error: UserError): string {
    const cure = error.cure === undefined ? '' : error.cure.replace(/^/gm, '  ') + '\n'
    return `${name}: ${error.message}\n${cure}`
}
