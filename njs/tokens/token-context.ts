import crypto from 'crypto'
import fs from 'fs'
import type { Revocations } from '../../core/tokens/revocations.js'
import type { Hmac, TokenKey } from '../../core/tokens/token-keys.js'
import { revocations, tokenKeys, type KeyContext, type TokenSettings } from './key-source.js'

const environment = process.env

/** What nginx has for the verification of tokens. */
export const tokenContext: KeyContext = {
    environment,
    readFile: (path) => fs.readFileSync(path, 'utf8') as string,
    hmac: (key, text) =>
        crypto
            .createHmac('sha256', key as Buffer)
            .update(text)
            .digest() as Uint8Array,
}

/** Verifies a token now, with the keys and revocations of the settings. @throws RefusedToken; Error if one cannot be read */
export function verifiedToken<Token>(
    verify: (token: string, keys: TokenKey[], hmac: Hmac, now: number, revoked: Revocations) => Token,
    token: string,
    settings: TokenSettings,
): Token {
    const revoked = revocations(settings, tokenContext)
    const keys = tokenKeys(settings, tokenContext)
    return verify(token, keys, tokenContext.hmac, Math.floor(Date.now() / 1000), revoked)
}

/** Base64 to text. */
export function textOfBase64(text: string): string {
    return Buffer.from(text, 'base64').toString()
}
