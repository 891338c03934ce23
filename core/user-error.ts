/**
 * A mistake by the user or an external failure: printed as `message`, then the cure, without a stack trace. Any other
 * error is a bug in this program and is printed with its stack trace.
 */
export class UserError extends Error {
    override readonly name = 'UserError'

    /**
     * @param message the problem, with the option, variable, file or bucket
     * @param cure the fix: a sentence or a command
     */
    constructor(
        message: string,
        readonly cure?: string,
        options?: ErrorOptions,
    ) {
        super(message, options)
        // Compiled to ES5, an object made by Error() is no UserError. @see TypeScript FAQ, "Why doesn't extending Error work?"
        Object.setPrototypeOf(this, new.target.prototype)
    }
}

/** An invalid option or argument: the program exits with status 2. */
export class UsageError extends UserError {}
