/** A package server that runs. */
export interface RunningServer {
    /** The page of the project. */
    page: string
    /** The process of which all others of the server are children. */
    pid: number
    stop(): Promise<void>
}

/** What a contender may use while it starts and runs. */
export interface Stand {
    /** A folder of its own, which goes afterwards. */
    folder: string
    /** The wheel that it is to serve. */
    wheel: string
    signal: AbortSignal
}

/** A package server to measure. */
export interface Contender {
    /** With its version. */
    name: string
    /** Installs it where it is not there yet, starts it on the loopback, and gives it the wheel. */
    start(stand: Stand): Promise<RunningServer>
}
