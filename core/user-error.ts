/**
 * A mistake of the user's or a failure of the world outside: printed as `message`, then the cure, never with a stack
 * trace. Anything else that is thrown is a fault of this program and keeps its stack.
 */
export class UserError extends Error {
    override readonly name = 'UserError'

    /**
     * @param message what is wrong, naming the option, variable, file or bucket
     * @param cure what to do about it: a sentence or a command
     */
    constructor(
        message: string,
        readonly cure?: string,
        options?: ErrorOptions,
    ) {
        super(message, options)
    }
}

/** An option or argument that is wrong in itself: the program ends with status 2. */
export class UsageError extends UserError {}
