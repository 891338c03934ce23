import { asciiJson } from '../../core/ascii-json.js'

/** What the log says about an upload: who, what, and the result. No password and no token. */
export interface Audit {
    time: string
    client: string
    /** Name of the user, or subject of the token. */
    user: string
    /** Identifier of the token, and the CI job that it was minted for. */
    token?: string
    job?: Record<string, string>
    /** Empty until they are known. */
    project: string
    filename: string
    /** Bytes. */
    size: number
    sha256: string
    status: number
    /** `uploaded`, `present`, or why not. */
    result: string
    seconds: number
    request_id: string
}

/** One line of JSON in ASCII, whatever a client sent. */
export function auditLine(audit: object): string {
    return asciiJson(audit, (_name, value) => (typeof value === 'string' ? value.slice(0, 1000) : value))
}
