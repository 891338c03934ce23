import type { ConfigOptions } from '../../scripts/config/option-table.js'
import type { GeneratedFile } from '../../scripts/config/render.js'
import { makeReadToken, readTokenKeys } from '../../scripts/manage/signed-token.js'
import { makeToken } from '../../scripts/manage/token.js'
import type { Place } from '../nginx-configuration.js'

/** How clients of a measured nginx show that they may read. */
export interface Reader {
    name: 'a read token' | 'a password'
    /** The value of Authorization. */
    authorization: string
    /** Those of `generate-config`. */
    options: (place: Place) => Partial<ConfigOptions>
    /** What the options name. */
    file: GeneratedFile
}

/** A reader with a token, and one with a password that has the cheapest hash. */
export function makeReaders(): Reader[] {
    const key = makeToken('key').token
    const keys = readTokenKeys(undefined, { PYPI_TOKEN_KEYS: key })
    const { token } = makeReadToken('laptop', { expires: '1d', keys, now: Math.floor(Date.now() / 1000) })
    const reader = makeToken('reader')
    return [
        {
            name: 'a read token',
            authorization: basic('__token__', token),
            options: ({ folder }) => ({ readTokens: true, tokenKeys: `${folder}/token-keys` }),
            file: { name: 'token-keys', content: `${key}\n` },
        },
        {
            name: 'a password',
            authorization: basic(reader.user, reader.token),
            options: ({ folder }) => ({ htpasswd: `${folder}/htpasswd` }),
            file: { name: 'htpasswd', content: `${reader.line}\n` },
        },
    ]
}

function basic(user: string, password: string): string {
    return 'Basic ' + Buffer.from(`${user}:${password}`).toString('base64')
}
