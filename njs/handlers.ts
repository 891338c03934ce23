// What site.conf binds with js_set and js_header_filter. Of the script that signs only this file and its entries see nginx:
// the request, the environment, the clock, the shared memory and the log.
//
// njs runs the top level of a script on every request, QuickJS once for many: it must be cheap, must not log and must
// not throw. A function that throws gives its variable the value "", and site.conf sends nothing to S3 then.
// docs/performance.md says what each thing costs.

import { negotiate } from './accept.js'
import type { Credentials } from './credentials.js'
import { redirectPath } from './project-name.js'
import { s3Request, sign } from './signing.js'

/** Where the credentials come from: the one thing in which the entries differ. */
export interface CredentialSource {
    /**
     * The credentials that sign now, as a text that differs from that of any others; undefined when nothing may be sent.
     * Asked once for each signature. Reading them out of it is left for when there is something to sign.
     */
    current: () => string | undefined
    /** The credentials in that text; undefined when they cannot be used. */
    read: (current: string) => Credentials | undefined
    /** For the log, when there is nothing to sign with: what is wrong, and the cure. */
    missing: string
    /** For `/-/readyz`: how long the credentials are valid, not what they are. */
    state: () => string
}

const bucketOverride = process.env.AWS_S3_BUCKET || ''

let source: CredentialSource

/**
 * Signs the request for the object `$s3_key`, or without a key that for the bucket itself. Returns the path to ask for,
 * and sets the variables with the headers that belong to it: all of one moment and of one session. The path is empty when
 * nothing must be sent.
 *
 * A signature is used again for the same request within the same minute of the clock, so none is older than that.
 *
 * @param dateLength of the dates that this version of the signature writes
 */
function signedPath(r: NginxHTTPRequest, version: string, dateLength: number): string {
    const current = source.current()
    if (!current) return refuse(r)
    const variables = r.variables
    const now = Date.now()
    const memory = ngx.shared && ngx.shared.s3_signatures
    // All that a signature depends on, so that none is found for another request, another key or at another minute. Only
    // the credentials can hold a line break. Different keys are different text: see urlPatterns. One call: a chain of +
    // copies its beginning again and again.
    const name =
        memory &&
        String(Math.floor(now / 60000)).concat(
            version,
            r.method,
            '\n',
            variables.s3_place!,
            '\n',
            variables.s3_key || '',
            '\n',
            bucketOverride,
            '\n',
            current,
        )
    let kept = memory && (memory.get(name!) as string | undefined)
    if (!kept) {
        const signer = source.read(current)
        if (!signer) return refuse(r)
        const bytes = () => r.rawVariables.s3_key!
        const request = s3Request(r.method, variables.s3_key || '', bytes, variables.s3_place!, bucketOverride)
        const signed = sign(version, request, signer, new Date(now), ngx.shared && ngx.shared.s3_signing_keys)
        kept = ''.concat(
            request.path,
            '\n',
            signer.sessionToken,
            '\n',
            request.host,
            '\n',
            signed.date,
            signed.authorization,
        )
        if (memory) keep(memory, name!, kept)
    }
    // split() takes njs twice as long.
    const path = kept.indexOf('\n')
    const token = kept.indexOf('\n', path + 1)
    const host = kept.indexOf('\n', token + 1)
    const date = host + 1 + dateLength
    variables.s3_date = kept.slice(host + 1, date)
    variables.s3_authorization = kept.slice(date)
    if (token > path + 1) variables.s3_session_token = kept.slice(path + 1, token)
    // Without it site.conf knows the host.
    if (bucketOverride) variables.s3_host = kept.slice(token + 1, host)
    return kept.slice(0, path)
}

function keep(memory: NgxSharedDict, name: string, signature: string): void {
    // Not left to "evict", of which njs 0.8 logs each time that there was no memory: with a crawler, a hundred a second.
    if (memory.freeSpace() < 32768) memory.clear()
    try {
        memory.set(name, signature)
    } catch {
        // There is no room for it at all: the next request signs anew.
    }
}

function refuse(r: NginxHTTPRequest): string {
    r.error('nothing is sent to S3: ' + source.missing)
    return ''
}

/** The normalised path, percent-encoded, to which `$uri` redirects. */
function normalizedPath(r: NginxHTTPRequest): string {
    return redirectPath(r.rawVariables.uri!)
}

/** The form of a page that the client likes best: `json`, `v1html` or `html`. */
function pageForm(r: NginxHTTPRequest): string {
    return negotiate(r.headersIn.Accept || '')
}

/**
 * Takes S3's own headers off a response, which tell a client nothing but where it is stored and how, and sets the type
 * that the content has here, whatever it was stored with.
 *
 * site.conf hides the usual ones, which costs nothing; a name of a publisher's own is known here only.
 */
function cleanHeaders(r: NginxHTTPRequest): void {
    const headers = r.headersOut
    for (const name in headers) {
        if ((name[0] === 'x' || name[0] === 'X') && name[1] === '-') delete headers[name]
    }
    if (r.status < 300) headers['Content-Type'] = r.variables.s3_content_type!
}

/** `20130524T000000Z` is 16 characters long. */
function signedPathV4(r: NginxHTTPRequest): string {
    return signedPath(r, 'V4', 16)
}

/** `Fri, 24 May 2013 00:00:00 GMT` is 29 characters long. */
function signedPathV2(r: NginxHTTPRequest): string {
    return signedPath(r, 'V2', 29)
}

/** The functions that site.conf names. */
export function handlers(ofEntry: CredentialSource) {
    source = ofEntry
    return {
        signedPathV4,
        signedPathV2,
        credentialsState: ofEntry.state,
        normalizedPath,
        pageForm,
        cleanHeaders,
    }
}
