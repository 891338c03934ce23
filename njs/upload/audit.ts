/** What the log says about an upload: who, what, and the result. No password and no token. */
export interface Audit {
    time: string
    client: string
    user: string
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
export function auditLine(audit: Audit): string {
    const limited = (_name: string, value: unknown) => (typeof value === 'string' ? value.slice(0, 1000) : value)
    return JSON.stringify(audit, limited).replace(
        /[\u007f-\uffff]/g,
        (character) => '\\u' + ('000' + character.charCodeAt(0).toString(16)).slice(-4),
    )
}
