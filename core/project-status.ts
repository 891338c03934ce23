/** @see PEP 792 */
export interface ProjectStatus {
    /** One of `projectStatuses`; unknown values are preserved. */
    status: string
    reason?: string
}

/** Parses a status, without unknown fields. The default is active. */
export function parseStatus(value: unknown): ProjectStatus | undefined {
    if (value === undefined || value === null) return { status: 'active' }
    const { status, reason } = value as Record<string, unknown>
    if (typeof status !== 'string') return undefined
    return { status, ...(typeof reason === 'string' && reason !== '' ? { reason } : {}) }
}
