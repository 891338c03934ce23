// What site.conf binds with js_set and js_header_filter. Of the script that signs only this file and its entries see nginx:
// the request, the environment, the clock, the shared memory and the log.
//
// njs runs the top level of a script on every request, QuickJS once for many: it must be cheap, must not log and must
// not throw. A function that throws gives its variable the value "", and site.conf sends nothing to S3 then.

import { negotiate } from './accept.js'
import { bucketFrom } from './bucket-name.js'
import type { Credentials } from './credentials.js'
import { encodePath, isPlainPath } from './key-path.js'
import { redirectPath } from './project-name.js'
import * as sigv2 from './sigv2.js'
import * as sigv4 from './sigv4.js'

/** Where the credentials come from: the one thing in which the entries differ. */
export interface CredentialSource {
    /** What signs now; undefined when nothing may be sent. Asked once for each signature. */
    current: () => Credentials | undefined
    /** For the log, when there is nothing to sign with: what is wrong, and the cure. */
    missing: string
    /** For `/-/readyz`: how long the credentials are valid, not what they are. */
    state: () => string
}

const bucketOverride = process.env.AWS_S3_BUCKET

/** `/KEY`: the path of the object `$s3_key` in virtual-host style; of the bucket, to HEAD it, when there is no key. */
function virtualHostPath(r: NginxHTTPRequest): string {
    const key = r.variables.s3_key || ''
    // GET of a bucket would list it.
    if (!key && r.variables.s3_method !== 'HEAD') throw new Error('$s3_key is empty')
    return '/' + (isPlainPath(key) ? key : encodePath(r.rawVariables.s3_key!))
}

/** `/BUCKET/KEY`: the same in path style. */
function pathStylePath(r: NginxHTTPRequest): string {
    return '/' + bucket(r) + virtualHostPath(r)
}

/** `BUCKET.ENDPOINT`: the Host header in virtual-host style. */
function virtualHost(r: NginxHTTPRequest): string {
    return bucket(r) + '.' + variable(r, 's3_endpoint')
}

/** Now, as `x-amz-date` of SigV4: `20130524T000000Z`. nginx keeps it for the request: the signature has the same. */
function amzDate(): string {
    const now = new Date().toISOString() // 2013-05-24T00:00:00.000Z
    return now.slice(0, 4) + now.slice(5, 7) + now.slice(8, 13) + now.slice(14, 16) + now.slice(17, 19) + 'Z'
}

/** Now, as `x-amz-date` of SigV2: `Fri, 24 May 2013 00:00:00 GMT`. */
function httpDate(): string {
    return new Date().toUTCString()
}

/** SigV4 of `$s3_method` for `$s3_target`. */
function authorizationV4(r: NginxHTTPRequest, signer: Credentials): string {
    const date = variable(r, 's3_date')
    const region = variable(r, 's3_region')
    const headers: sigv4.Header[] = [
        ['host', variable(r, 's3_host')],
        ['x-amz-content-sha256', sigv4.emptyPayloadHash],
        ['x-amz-date', date],
    ]
    if (signer.sessionToken) headers.push(['x-amz-security-token', signer.sessionToken])
    return sigv4.authorization(
        {
            method: variable(r, 's3_method'),
            path: variable(r, 's3_target'),
            query: '',
            headers,
            payloadHash: sigv4.emptyPayloadHash,
        },
        signer,
        date,
        region,
        signingKey(signer, sigv4.credentialScope(date, region)),
    )
}

/** SigV2 of `$s3_method` for `$s3_target`. */
function authorizationV2(r: NginxHTTPRequest, signer: Credentials): string {
    let amzHeaders = 'x-amz-date:' + variable(r, 's3_date') + '\n'
    if (signer.sessionToken) amzHeaders += 'x-amz-security-token:' + signer.sessionToken + '\n'
    const path = variable(r, 's3_target')
    const resource = variable(r, 's3_host') === variable(r, 's3_endpoint') ? path : '/' + bucket(r) + path
    return sigv2.authorization(
        { method: variable(r, 's3_method'), contentMd5: '', contentType: '', date: '', amzHeaders, resource },
        signer,
    )
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
 */
function cleanHeaders(r: NginxHTTPRequest): void {
    const headers = r.headersOut
    for (const name in headers) {
        if (/^x-/i.test(name)) delete headers[name]
    }
    if (r.status < 300) headers['Content-Type'] = variable(r, 's3_content_type')
}

/** The signing key, derived once a day where nginx shares memory between requests. */
function signingKey(signer: Credentials, scope: string): Buffer {
    const keys = ngx.shared && ngx.shared.s3_signing_keys
    if (!keys) return sigv4.signingKey(signer.secretAccessKey, scope)
    // All that a key depends on is in its name, and whose it is: a rotated key can't meet its predecessor's derivative.
    const name = signer.accessKeyId + '/' + scope + '/' + signer.secretAccessKey
    const known = keys.get(name) as string | undefined
    if (known) return Buffer.from(known, 'hex')
    const key = sigv4.signingKey(signer.secretAccessKey, scope)
    keys.set(name, key.toString('hex'))
    return key
}

/** A function for js_set, which signs with the credentials of this moment. Its value is empty when nothing must be sent. */
function signing(source: CredentialSource, sign: (r: NginxHTTPRequest, signer: Credentials) => string) {
    return function (r: NginxHTTPRequest): string {
        const signer = source.current()
        if (!signer) {
            r.error('nothing is sent to S3: ' + source.missing)
            return ''
        }
        // Along with the signature: a moment later there may be another session, whose token does not belong to it.
        if (signer.sessionToken) r.variables.s3_session_token = signer.sessionToken
        return sign(r, signer)
    }
}

function bucket(r: NginxHTTPRequest): string {
    return bucketFrom(bucketOverride, variable(r, 's3_bucket'))
}

/** The value of an nginx variable. Throws when it is empty: nothing is signed that is not wholly known. */
function variable(r: NginxHTTPRequest, name: string): string {
    const value = r.variables[name]
    if (!value) throw new Error('$' + name + ' is empty')
    return value
}

/** The functions that site.conf names. */
export function handlers(source: CredentialSource) {
    return {
        virtualHostPath,
        pathStylePath,
        virtualHost,
        amzDate,
        httpDate,
        authorizationV4: signing(source, authorizationV4),
        authorizationV2: signing(source, authorizationV2),
        credentialsState: source.state,
        normalizedPath,
        pageForm,
        cleanHeaders,
    }
}
