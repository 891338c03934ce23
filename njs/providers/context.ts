import type { Environment } from '../credentials.js'

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

/** The text of a file that a variable names. Throws Error that names both, and the cure. */
export function readNamedFile(context: ProviderContext, variable: string, path: string): string {
    try {
        return context.readFile(path)
    } catch (error) {
        throw new Error(
            variable + ': ' + path + ' cannot be read (' + (error as Error).message + '): the workers of nginx need to',
        )
    }
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
