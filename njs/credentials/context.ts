import type { Environment } from '../signing/credentials.js'
import { readOrExplain } from './read-file.js'

/** A request to a credentials provider. */
export interface ProviderRequest {
    method: 'GET' | 'PUT' | 'POST'
    headers: { [name: string]: string }
    body?: string
}

/** A provider's response. */
export interface ProviderAnswer {
    status: number
    text: string
}

/** A provider's access to environment, files, network and clock. */
export interface ProviderContext {
    environment: Environment
    /** The text of a file. Throws Error. */
    readFile: (path: string) => string
    /** Sends an HTTP request. Rejects when it gets no response. */
    ask: (url: string, request: ProviderRequest) => Promise<ProviderAnswer>
    /** Milliseconds since 1970. */
    now: () => number
}

/**
 * Reads a token from the file that an environment variable names.
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

/** Parses a JSON response. Throws Error, which does not quote it: it may contain a secret. */
export function parseJson(text: string): { [name: string]: unknown } {
    let value: unknown
    try {
        value = JSON.parse(text)
    } catch {
        throw new Error('the response is not JSON')
    }
    if (typeof value !== 'object' || value === null) throw new Error('the response is not a JSON object')
    return value as { [name: string]: unknown }
}

/** A provider's error message as one log line: printable ASCII, at most 300 characters. */
export function quoteForLog(text: unknown): string {
    return String(text)
        .replace(/[^\x20-\x7e]+/g, ' ')
        .trim()
        .slice(0, 300)
}
