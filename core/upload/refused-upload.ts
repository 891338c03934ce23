import { UserError } from '../user-error.js'

/** The cure for a form that no current client sends. */
export const useCurrentClient = 'Upload with a current twine, uv, poetry, hatch, pdm or flit.'

/** An upload that is refused because of what the client sent; the client sees the message and the cure. */
export class RefusedUpload extends UserError {
    /**
     * @param status of the answer: never 5xx, after which twine sends the file five times more
     * @param message the problem, with the field or the file
     */
    constructor(
        readonly status: number,
        message: string,
        cure: string,
    ) {
        super(message, cure)
    }
}
