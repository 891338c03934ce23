import type { Environment } from '../signing/credentials.js'
import { readOrExplain } from './read-file.js'

/** A request to a provider of credentials. */
export interface ProviderRequest {
    method: 'GET' | 'PUT' | 'POST'
    headers: { [name: string]: string }
    body?: string
}

/** What a provider answered. */
export interface ProviderAnswer {
    status: number
    text: string
}

/** What a provider needs of the world around it. */
export interface ProviderContext {
    environment: Environment
    /** The text of a file. Throws Error. */
    readFile: (path: string) => string
    /** Asks over HTTP. Rejects when there is no answer. */
    ask: (url: string, request: ProviderRequest) => Promise<ProviderAnswer>
    /** Milliseconds since 1970. */
    now: () => number
}

/**
 * A token, from the file that a variable names.
 *
 * @throws Error that names both, when the file cannot be read or is empty
 */
export function tokenIn(context: ProviderContext, variable: string, path: string): string {
    let token: string
    try {
        token = readOrExplain(path, context.readFile).trim()
    } catch (error) {
        throw new Error(variable + ': ' + (error as Error).message)
    }
    if (!token) throw new Error(variable + ': ' + path + ' is empty')
    return token
}

/** An answer's JSON. Throws Error without quoting it: it may hold a secret. */
export function parseJson(text: string): { [name: string]: unknown } {
    let value: unknown
    try {
        value = JSON.parse(text)
    } catch {
        throw new Error('its answer is not JSON')
    }
    if (typeof value !== 'object' || value === null) throw new Error('its answer is not a JSON object')
    return value as { [name: string]: unknown }
}

/** What an error says of itself, fit for one line of a log. */
export function quoteForLog(text: unknown): string {
    return String(text)
        .replace(/[^\x20-\x7e]+/g, ' ')
        .trim()
        .slice(0, 300)
}
