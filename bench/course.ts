import { UserError } from '../core/user-error.js'

/** What goes on during a measurement. */
export interface Course {
    onProgress: (text: string) => void
    /** Ends it before its end. */
    signal: AbortSignal
}

/**
 * Runs a measurement, shows on a terminal what it does, and lets it end in order when it is interrupted.
 *
 * @throws UserError when it was interrupted
 */
export async function onCourse<Result>(task: (course: Course) => Promise<Result>): Promise<Result> {
    const interruption = new AbortController()
    // Not once: npm passes on what a terminal has sent already.
    for (const signal of ['SIGINT', 'SIGTERM']) {
        process.on(signal, () => interruption.abort(new UserError('interrupted')))
    }
    try {
        return await task({ onProgress: showProgress, signal: interruption.signal })
    } catch (error) {
        // What was cut off has errors of many kinds.
        throw interruption.signal.aborted ? interruption.signal.reason : error
    } finally {
        showProgress('')
    }
}

function showProgress(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}
