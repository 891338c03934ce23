import type { Credentials } from '../signing/credentials.js'

/** Where the credentials come from. The scripts that sign differ in this alone. */
export interface CredentialSource {
    /**
     * Serialized credentials; unique per credential set, so they can be used in a cache key. Undefined when there are none.
     * Called for each request, so it does not parse them.
     */
    serialized: () => string | undefined
    /** @returns undefined when the credentials cannot be used */
    parse: (serialized: string) => Credentials | undefined
    /** When they expire: milliseconds since 1970, 0 when that is not known. Left out where it never is. */
    end?: (serialized: string) => number
    /** For the log, when there are no credentials: the cause and the cure. */
    missing: string
    /** For `/-/readyz`: how long the credentials are valid. */
    state: () => string
}
