import type { Spread } from '../quantiles.js'

/** What a package server did with one path, over the rounds. */
export interface ServerCost {
    /** With its version. */
    server: string
    path: 'page' | 'file'
    perSecond: Spread
    /** CPU time, user and system, of all processes of the server for a request. Microseconds. */
    microseconds: Spread
    /** Latencies that half of the requests, and 99 of 100, did not exceed. Milliseconds. */
    p50: Spread
    p99: Spread
}

/** What uploading one wheel cost a publisher, over the rounds. */
export interface PublisherCost {
    /** With its version. */
    publisher: string
    /** How many files the project had before. */
    files: number
    /** Wall time of the whole program. Seconds. */
    seconds: Spread
    /** To S3, each try counted. */
    requests: number
}

/** What was to be measured and was not. */
export interface Missing {
    name: string
    reason: string
}

/** Other package servers and publishers, and ours beside them. */
export interface ServersReport {
    servers: ServerCost[]
    publishers: PublisherCost[]
    missing: Missing[]
}
