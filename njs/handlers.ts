// Functions for js_set and js_header_filter. In the signing script, only this file and the entries see the request, the
// environment, the clock, the shared memory and the log.
//
// njs runs the top level of a script on every request, QuickJS once for many: it must be cheap, must not log and must
// not throw. If a function throws, its variable is "", and nginx sends nothing to S3. Costs: docs/performance.md.

import { negotiate } from './accept.js'
import type { CredentialSource } from './credentials/source.js'
import { redirectTarget } from './normalized-name-redirect.js'
import { signAndKeep, signOnce, type SigningInput } from './signing/signing.js'

const bucketOverride = process.env.AWS_S3_BUCKET || ''

let source: CredentialSource

/** The signatures of this minute, shared by the workers of nginx; undefined before njs 0.8.0. QuickJS keeps it between requests. */
let memory: NgxSharedDict | undefined

/**
 * Signs the request in `$s3_request`. A signature is reused for the same request within the same minute of the clock, so
 * it is at most a minute old.
 *
 * @returns a signed request, see nginx-variables; empty when nothing may be sent
 */
function signed(r: NginxHTTPRequest, version: 'V4' | 'V2'): string {
    const credentials = source.serialized()
    if (!credentials) return refuse(r)
    const request = r.variables.s3_request!
    const now = Date.now()
    if (!memory) {
        const shared = ngx.shared
        memory = shared && shared.s3_signatures
        // Neither has a configuration for an older nginx.
        if (!memory) return signOnce(signingInput(version, request, credentials, now)) || refuse(r)
    }
    // In njs, Math.floor and String take three times as long.
    const minute = (now / 60000) | 0
    // Everything that a signature depends on. One call: a chain of + copies its beginning again and again.
    const cacheKey = ''.concat(
        minute as unknown as string,
        version,
        '\t',
        request,
        '\t',
        bucketOverride,
        '\t',
        credentials,
    )
    return (
        (memory.get(cacheKey) as string | undefined) ||
        signAndKeep(signingInput(version, request, credentials, now), minute, cacheKey, memory) ||
        refuse(r)
    )
}

function signingInput(version: 'V4' | 'V2', request: string, serializedCredentials: string, now: number): SigningInput {
    return { version, request, bucketOverride, serializedCredentials, parseCredentials: source.parse, now }
}

function refuse(r: NginxHTTPRequest): string {
    r.error('nothing is sent to S3: ' + source.missing)
    return ''
}

function signV4(r: NginxHTTPRequest): string {
    return signed(r, 'V4')
}

function signV2(r: NginxHTTPRequest): string {
    return signed(r, 'V2')
}

/** Redirect target of a request with an unnormalised project name, relative to the request. */
function normalizedPath(r: NginxHTTPRequest): string {
    return redirectTarget(r.variables.uri!)
}

/** The page form that the client prefers: `json`, `v1html` or `html`. */
function pageForm(r: NginxHTTPRequest): string {
    return negotiate(r.headersIn.Accept || '')
}

/**
 * Removes all headers of S3's response except those that clients need. Others could change what clients, browsers and
 * caches do with a file: Content-Encoding, Strict-Transport-Security, Access-Control-Allow-Origin. nginx hides the usual
 * ones (proxy_hide_header), which costs less.
 *
 * @throws Error for a status that is no response to GET or HEAD: nginx then closes the connection
 */
function allowHeaders(r: NginxHTTPRequest): void {
    allow(r, false)
}

/** The same for a page, which may be stored compressed. */
function allowPageHeaders(r: NginxHTTPRequest): void {
    allow(r, true)
}

function allow(r: NginxHTTPRequest, isPage: boolean): void {
    const status = r.status
    if (status !== 200 && status !== 206 && status !== 304) {
        throw new Error('S3 answered with the status ' + status + ', which no reader expects')
    }
    // headersOut costs more: QuickJS checks each name whether it is enumerable.
    const headers = r.rawHeadersOut
    for (let index = 0; index < headers.length; index++) {
        const name = headers[index]![0]
        // In AWS's spelling: comparing costs less than a regular expression.
        if (name === 'ETag' || name === 'Last-Modified' || name === 'Accept-Ranges' || name === 'Content-Range')
            continue
        if (/^(?:etag|last-modified|accept-ranges|content-(?:range|length|type))$/i.test(name)) continue
        if (isPage && headers[index]![1] === 'gzip' && /^content-encoding$/i.test(name)) continue
        delete r.headersOut[name]
    }
}

/** The functions that the configuration names. */
export function handlers(ofEntry: CredentialSource) {
    source = ofEntry
    return {
        signV4,
        signV2,
        credentialsState: ofEntry.state,
        normalizedPath,
        pageForm,
        allowHeaders,
        allowPageHeaders,
    }
}
