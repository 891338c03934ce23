// The endpoints of trusted publishing: an ID token of a CI job becomes a token that uploads for a quarter of an hour. Loaded by
// their locations only.

import cryptoModule from 'crypto'
import { encodeBase64url } from '../core/tokens/base64url.js'
import { ciJob, jobSubject } from '../core/tokens/ci-job.js'
import { verifyIdToken, type IdToken } from '../core/tokens/id-token.js'
import { parseTrustedPublishing, projectsOf, publishersOf } from '../core/tokens/publishers.js'
import { quoted } from '../core/tokens/quoted.js'
import { RefusedToken } from '../core/tokens/refused-token.js'
import { parseJsonObject } from '../core/tokens/strict-json.js'
import { signUploadToken, verifyUploadToken, type UploadToken } from '../core/tokens/upload-token.js'
import { errorAnswer, refusal, type JsonAnswer } from './oidc/json-answer.js'
import { decodeKeys, storedKeysName, wantedName, type Issuer } from './oidc/stored-keys.js'
import { verifySignature, type Subtle } from './oidc/web-crypto.js'
import { decodeTokenSettings, tokenKeys } from './tokens/key-source.js'
import { tokenContext, verifiedToken } from './tokens/token-context.js'
import { burnedKey } from './tokens/token-state.js'
import { auditLine } from './upload/audit.js'

/** Seconds. The least that PEP 807 (draft) allows. */
const lifetime = 900

/** The line of the log. */
type Audit = Record<string, unknown>

/** For POST /_/oidc/mint-token. */
async function mint(r: NginxHTTPRequest): Promise<void> {
    await respond(r, 'mint', async (audit) => {
        const now = Math.floor(Date.now() / 1000)
        const settings = decodeTokenSettings(r.variables.pypi_key_files)
        const trusted = parseTrustedPublishing(tokenContext.readFile(settings.publishers))
        const idToken = await verifyIdToken(payloadToken(r), {
            issuers: trusted.issuers,
            audience: trusted.audience,
            now,
            keysOf: (issuer) =>
                decodeKeys(issuer as Issuer, issuerMemory().get(storedKeysName(issuer as Issuer)), Date.now()),
            wantKeys: (issuer) => void issuerMemory().set(wantedName(issuer as Issuer), '1'),
            verify: (algorithm, key, signature, text) =>
                verifySignature(
                    (globalThis as unknown as { crypto: { subtle: Subtle } }).crypto.subtle,
                    algorithm,
                    key,
                    signature,
                    text,
                ),
        })
        const issuer = idToken.issuer.name
        audit.user = jobSubject(issuer, idToken.subject)
        audit.job = ciJob(issuer, idToken.claims)
        const publishers = publishersOf(trusted, issuer, idToken.claims)
        const token: UploadToken = {
            subject: audit.user as string,
            projects: projectsOf(publishers),
            issued: now,
            expires: now + lifetime,
            id: randomId(),
            job: audit.job as Record<string, string>,
        }
        const signed = signUploadToken(token, tokenKeys(settings, tokenContext), tokenContext.hmac)
        useOnce(idToken)
        audit.token = token.id
        audit.projects = token.projects.join(' ')
        audit.result = 'minted, by ' + publishers.map(({ name }) => name).join(', ')
        return { status: 200, body: JSON.stringify({ success: true, token: signed, expires: token.expires }) + '\n' }
    })
}

/** For POST /_/oidc/burn-token: a minted token is not accepted any more. */
async function burn(r: NginxHTTPRequest): Promise<void> {
    await respond(r, 'burn', async (audit) => {
        const settings = decodeTokenSettings(r.variables.pypi_key_files)
        const text = payloadToken(r)
        if (typeof text !== 'string') throw new RefusedToken(`the token is ${quoted(text)}, not a text`, '')
        const token = verifiedToken(verifyUploadToken, text, settings)
        audit.user = token.subject
        audit.job = token.job
        audit.token = token.id
        if (token.job === undefined) {
            throw new RefusedToken('only tokens that were minted for a job can be burned', 'See --revoked-tokens.')
        }
        tokenMemory().set(burnedKey(token.id), '1')
        audit.result = 'burned'
        return { status: 202, body: '{"success":true}\n' }
    })
}

/** Answers a request, and writes the line of the log. */
async function respond(
    r: NginxHTTPRequest,
    action: string,
    answerOf: (audit: Audit) => Promise<JsonAnswer>,
): Promise<void> {
    const audit: Audit = {
        time: new Date().toISOString(),
        client: r.remoteAddress,
        user: '',
        action,
        status: 0,
        result: '',
        request_id: r.variables.request_id,
    }
    let answer: JsonAnswer
    try {
        answer = await answerOf(audit)
    } catch (error) {
        answer = failure(r, error as Error)
        audit.result = (error as Error).message
    }
    audit.status = answer.status
    r.variables.pypi_upload_audit = auditLine(audit)
    r.headersOut['Cache-Control'] = 'no-store'
    r.return(answer.status, answer.body)
}

function failure(r: NginxHTTPRequest, error: Error): JsonAnswer {
    if (error instanceof RefusedToken) {
        if (error.log !== '') r.warn(error.log)
        return refusal(error)
    }
    r.error(`no token can be issued: ${error.message}`)
    const description = 'no token can be issued. The error log of nginx has the cause.'
    return errorAnswer(503, 'Token request failed', 'unavailable', description)
}

/** @throws RefusedToken for a body that is not `{"token": ...}` */
function payloadToken(r: NginxHTTPRequest): unknown {
    try {
        return parseJsonObject(r.requestText || '').token
    } catch (error) {
        const message = `the body is not {"token": "..."}: ${(error as Error).message}`
        throw new RefusedToken(message, '', 'invalid-payload')
    }
}

/** Takes an ID token for one exchange: it may stand in the log of the job. */
function useOnce({ issuer, id, expires }: IdToken): void {
    // An issuer that gives no identifier: its tokens cannot be told apart.
    if (id === '') return
    const name = 'used ' + cryptoModule.createHash('sha256').update(`${issuer.url} ${id}`).digest('hex')
    if (tokenMemory().add(name, String(expires))) return
    throw new RefusedToken(`the token with the jti ${quoted(id)} was used before`, 'Request a new ID token.')
}

function issuerMemory(): NgxSharedDict<string> {
    return ngx.shared!.pypi_issuers as NgxSharedDict<string>
}

function tokenMemory(): NgxSharedDict<string> {
    return ngx.shared!.pypi_tokens as NgxSharedDict<string>
}

/** 128 random bits. */
function randomId(): string {
    const { crypto } = globalThis as unknown as { crypto: { getRandomValues: (bytes: Uint8Array) => void } }
    const bytes = new Uint8Array(16)
    crypto.getRandomValues(bytes)
    return encodeBase64url(bytes)
}

export default { mint, burn }
