// The function that the location of redirects names. Only this file and the entries see the request, the environment,
// the clock and the shared memory.
//
// A script of its own: streamed requests do not load it. If it throws, its variable is "", and the file is streamed.

import type { CredentialSource } from './credentials/source.js'
import { lastsLongEnough, presign, windowLength } from './signing/presigning.js'

const bucketOverride = process.env.AWS_S3_BUCKET || ''

let source: CredentialSource

/** The URLs of this window, shared by the workers of nginx; undefined before njs 0.8.0. QuickJS keeps it between requests. */
let memory: NgxSharedDict | undefined

/**
 * The presigned URL of the object in `$s3_request`: the same for all clients within a window.
 *
 * @returns without the scheme: `HOST/PATH?QUERY`; empty without credentials, and when they may expire too early
 */
function url(r: NginxHTTPRequest): string {
    const credentials = source.serialized()
    if (!credentials) return ''
    const now = Date.now()
    const end = source.end ? source.end(credentials) : 0
    if (!lastsLongEnough(end, now)) return ''
    const request = r.variables.s3_request!
    const window = (now / (windowLength * 1000)) | 0
    if (!memory) {
        const shared = ngx.shared
        memory = shared && shared.s3_presigned
    }
    // Everything that a URL depends on.
    const cacheKey = ''.concat(window as unknown as string, '\t', request, '\t', bucketOverride, '\t', credentials)
    const kept = memory && (memory.get(cacheKey) as string | undefined)
    if (kept) return kept
    return presign(
        { request, bucketOverride, serializedCredentials: credentials, parseCredentials: source.parse, end, window },
        cacheKey,
        memory,
    )
}

/** The functions that the configuration names. */
export function presigner(ofEntry: CredentialSource) {
    source = ofEntry
    return { url }
}
