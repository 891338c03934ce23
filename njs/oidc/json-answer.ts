import type { RefusedToken } from '../../core/tokens/refused-token.js'

/** An answer of the endpoints of trusted publishing. */
export interface JsonAnswer {
    status: number
    body: string
}

/** An error as Warehouse and PEP 807 (draft) have it. uv shows the body unchanged. */
export function errorAnswer(status: number, message: string, code: string, description: string): JsonAnswer {
    return { status, body: JSON.stringify({ message, errors: [{ code, description }] }) + '\n' }
}

/** The answer to a token that is refused. */
export function refusal({ message, cure, code }: RefusedToken): JsonAnswer {
    const description = cure === '' ? message : `${message}. ${cure}`
    // 503 for what may be different in a minute.
    return errorAnswer(code === 'unavailable' ? 503 : 422, 'Token request failed', code, description)
}
