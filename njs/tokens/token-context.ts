import crypto from 'crypto'
import fs from 'fs'
import type { KeyContext } from './key-source.js'

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

/** Base64 to text. */
export function textOfBase64(text: string): string {
    return Buffer.from(text, 'base64').toString()
}
