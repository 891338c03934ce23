import { parseRevocations, type Revocations } from '../../core/tokens/revocations.js'
import { parseTokenKeys, tokenKeysVariable, type Hmac, type TokenKey } from '../../core/tokens/token-keys.js'
import { readOrExplain } from '../credentials/read-file.js'
import type { Environment } from '../signing/credentials.js'

/** What maps.conf says of tokens: `$pypi_key_files`. */
export interface TokenSettings {
    /** File of the keys, or `env`. */
    keys: string
    /** File of revoked tokens; empty for none. */
    revoked: string
    /** File of trusted publishers; empty for none. */
    publishers: string
}

/** `KEYS\tREVOKED\tPUBLISHERS` */
export function decodeTokenSettings(text: string | undefined): TokenSettings {
    const [keys, revoked, publishers] = (text || '').split('\t')
    return { keys: keys || '', revoked: revoked || '', publishers: publishers || '' }
}

/** What the sources need of nginx. */
export interface KeyContext {
    environment: Environment
    /** The text of a file. Throws Error. */
    readFile: (path: string) => string
    hmac: Hmac
}

/** @throws Error that names the cause and the cure, and no key */
export function tokenKeys({ keys }: TokenSettings, context: KeyContext): [TokenKey, ...TokenKey[]] {
    if (keys !== 'env') return parseTokenKeys(readOrExplain(keys, context.readFile), keys, context.hmac)
    const text = context.environment[tokenKeysVariable]
    if (!text) throw new Error(`${tokenKeysVariable} is not set in the environment of nginx`)
    return parseTokenKeys(text, tokenKeysVariable, context.hmac)
}

/** @throws Error for a file that cannot be read: no token is accepted then */
export function revocations({ revoked }: TokenSettings, { readFile }: KeyContext): Revocations {
    if (revoked === '') return []
    try {
        return parseRevocations(readOrExplain(revoked, readFile))
    } catch (error) {
        const { message } = error as Error
        throw new Error(message.indexOf(revoked) >= 0 ? message : `${revoked}: ${message}`)
    }
}
