import { UserError } from '../user-error.js'

/** Why a token is refused, for programs. @see Warehouse, "Troubleshooting" of trusted publishers: its codes */
export type RefusalCode = 'invalid-payload' | 'invalid-token' | 'invalid-publisher' | 'unavailable'

/** A token that is refused: the message names the claim and both values, and never holds the token. */
export class RefusedToken extends UserError {
    /** @param log what only the operator may read */
    constructor(
        message: string,
        cure: string,
        readonly code: RefusalCode = 'invalid-token',
        readonly log = '',
    ) {
        super(message, cure)
    }
}
