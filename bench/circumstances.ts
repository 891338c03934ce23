import os from 'node:os'

/** When and where something was measured. */
export interface Circumstances {
    /** The day, UTC. */
    date: string
    /** Its processors. */
    machine: string
}

/** Those of this moment. */
export function circumstances(): Circumstances {
    const processors = os.cpus()
    return {
        date: new Date().toISOString().slice(0, 10),
        machine: `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`,
    }
}
