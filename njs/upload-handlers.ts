// The functions that upload.conf binds. Of the script that takes uploads, only this file sees the request, the environment,
// the clock, the shared memory and the log.

import fs from 'fs'
import { backOffTime } from '../core/back-off.js'
import { PackageIndex } from '../core/index/package-index.js'
import type { IndexPlatform } from '../core/index/platform.js'
import { mayUploadTo } from '../core/tokens/upload-token.js'
import { UserError } from '../core/user-error.js'
import { RefusedUpload } from '../core/upload/refused-upload.js'
import { decodeValid } from './tokens/token-state.js'
import { decodeAnswer, encodeAnswer, rawResponse, type Answer } from './upload/answer.js'
import { auditLine, type Audit } from './upload/audit.js'
import { bodySource } from './upload/body-source.js'
import { currentCredentials, type CredentialAccess } from './upload/current-credentials.js'
import { digests } from './upload/digests.js'
import { NginxBucket } from './upload/nginx-bucket.js'
import { cpuTimeIn, pacedPause, type PacedWorker } from './upload/pace.js'
import { changeMac, changePages, pageOf, type Added, type ChangePages, type PageChange } from './upload/page-change.js'
import { parseRights } from './upload/rights.js'
import { S3Connection, type S3Answer, type Send } from './upload/s3-connection.js'
import { RefusedByS3 } from './upload/refused-by-s3.js'
import { placeOf } from './upload/s3-request.js'
import { subrequestArgs } from './upload/subrequest-args.js'
import { takeUpload, type TakenUpload } from './upload/take-upload.js'
import type { Credentials } from './signing/credentials.js'

type Request = NginxHTTPRequest

const environment = process.env

let platform: IndexPlatform

/** For POST /legacy/. */
async function legacy(r: Request): Promise<void> {
    const began = Date.now()
    const audit = newAudit(r, began)
    let answer: Answer
    try {
        const path = r.variables.request_body_file
        if (!path) throw new RefusedUpload(400, 'the request has no body', 'Upload a file.')
        const body = bodySource(path)
        const done = await takeUpload({
            bucket: bucketOf(r),
            body,
            contentType: r.headersIn['Content-Type'] ?? '',
            engine: body.size > pacedSize ? { ...platform, pause: pacedPause(pacedWorker) } : platform,
            ...rightsOf(r, audit.user),
            uploadedBy: uploadedBy(audit),
            changePages: pageChanger(r),
            now: new Date(began),
            id: r.variables.request_id!,
            audit,
        })
        await refreshCache(r, done)
        answer = { status: 200, message: resultOf(done), cure: '' }
    } catch (error) {
        answer = answerTo(r, error as Error)
    }
    audit.status = answer.status
    audit.result = answer.message
    audit.seconds = (Date.now() - began) / 1000
    r.variables.pypi_upload_audit = auditLine(audit)
    if (answer.status === 200) return r.return(200, `${answer.message} ${audit.filename}\n`)
    r.variables.pypi_upload_answer = encodeAnswer(answer)
    r.internalRedirect('@answer')
}

/** Bytes: hashing less takes less than a tenth of a second. */
const pacedSize = 16 * 1024 * 1024

const pacedWorker: PacedWorker = {
    now: () => Date.now(),
    cpuTime: () => {
        try {
            return cpuTimeIn(fs.readFileSync('/proc/self/stat', 'utf8') as string)
        } catch {
            return undefined // not Linux
        }
    },
    sleep: (milliseconds) => platform.sleep(milliseconds),
}

function resultOf({ wasPresent, keptAttestations }: TakenUpload): string {
    if (keptAttestations) return 'kept the earlier attestations of'
    return wasPresent ? 'present' : 'uploaded'
}

function newAudit(r: Request, began: number): Audit {
    const token = decodeValid(r.variables.pypi_token)
    return {
        time: new Date(began).toISOString(),
        client: r.headersIn['X-Upload-Client'] ?? '',
        user: token ? token.subject : (r.variables.pypi_upload_user ?? ''),
        ...(token && { token: token.id, ...(token.job && { job: token.job }) }),
        ...{ project: '', filename: '', size: 0, sha256: '', status: 0, result: '', seconds: 0 },
        request_id: r.headersIn['X-Upload-Id'] ?? '',
    }
}

function answerTo(r: Request, error: Error): Answer {
    if (error instanceof RefusedByS3) {
        r.error(`uploads fail until this is cured: ${error.message}; ${error.cure}`)
        const cure = 'Repeating it does not help before the operator of the index has read the error log of nginx.'
        // Not 5xx, after which clients send the file again; not 401 or 403, after which they ask for a password.
        return { status: 424, message: 'The index cannot store uploads', cure }
    }
    if (error instanceof UserError) {
        const status = error instanceof RefusedUpload ? error.status : 400
        return { status, message: error.message, cure: error.cure ?? '' }
    }
    // In QuickJS the stack lacks the message.
    r.error(`an upload failed: ${error.message} ${error.stack ?? ''}`)
    const cure = 'Upload the same file again, which completes what is missing. The error log of nginx has the cause.'
    return { status: 503, message: 'The upload was not completed', cure }
}

/** `USER`, or `SUBJECT workflow=... run=...` for a CI job. Short: percent-encoded, it is part of the 2 kB of metadata of an object. */
function uploadedBy({ user, job }: Audit): string {
    const facts = job ? ['repository', 'workflow', 'run'].filter((name) => job[name]) : []
    return [user, ...facts.map((name) => `${name}=${job![name]}`)].join(' ').slice(0, 400)
}

/** @throws RefusedUpload when the file of rights cannot be used: nobody may upload then */
function rightsOf(r: Request, user: string): { mayUpload: (project: string) => boolean; rights: string } {
    const token = decodeValid(r.variables.pypi_token)
    // A token carries its own rights: --upload-rights is for users with a password or certificate.
    if (token) {
        const rights = `The token is for ${token.projects.join(', ')}.`
        return { mayUpload: (project) => mayUploadTo(token, project), rights }
    }
    const rights = 'See --upload-rights.'
    const path = settingsOf(r).rights
    if (!path) return { mayUpload: () => true, rights }
    try {
        const parsed = parseRights(fs.readFileSync(path, 'utf8') as string)
        return { mayUpload: (project) => parsed.mayUpload(user, project), rights }
    } catch (error) {
        r.error(`${path} cannot be used, so nobody may upload: ${(error as Error).message}`)
        throw new RefusedUpload(403, 'The rights of uploaders cannot be read', 'The error log of nginx has the cause.')
    }
}

/** The settings in upload.conf. */
function settingsOf(r: Request) {
    const [access, signature, prefix, rights, cache] = r.variables.pypi_upload_settings!.split('\t')
    return {
        access: access as CredentialAccess,
        signature: signature as 'V4' | 'V2',
        prefix: prefix!,
        rights: rights!,
        isCached: cache === 'cached',
    }
}

function credentialsOf(r: Request): Credentials {
    return currentCredentials(settingsOf(r).access, {
        environment,
        readFile: (path: string) => fs.readFileSync(path, 'utf8') as string,
        session: () => ngx.shared!.s3_credentials!.get('session') as string | undefined,
        now: () => Date.now(),
    })
}

function bucketOf(r: Request): NginxBucket {
    const { signature, prefix } = settingsOf(r)
    const connection = new S3Connection(
        placeOf(r.variables.s3_place!, environment.AWS_S3_BUCKET, signature),
        () => credentialsOf(r),
        sender(r),
        () => new Date(),
        (attempt) => platform.sleep(backOffTime(attempt, 100, 5000)),
    )
    return new NginxBucket(connection, prefix, digests, platform)
}

/** What /-/pages answers. */
interface ChangeReply {
    added?: Added | undefined
    /** Why the change was not made. */
    refused?: Answer
}

/** Time to wait for the changes of other uploads. Milliseconds. */
const changePatience = 300_000

/** See maps.conf. Milliseconds. */
const changeWindow = 10_000

/** Makes changes by requests of nginx to itself, which nginx answers with 429 while another one changes the page. */
function pageChanger(r: Request): ChangePages {
    return async (change) => {
        const body = JSON.stringify(change)
        const until = Date.now() + changePatience
        for (let attempt = 0; Date.now() < until; attempt++) {
            const window = Math.floor(Date.now() / changeWindow)
            const mac = changeMac(body, credentialsOf(r).secretAccessKey)
            const args = `page=${pageOf(change)}&window=${window}&mac=${mac}`
            const reply = (await r.subrequest('/-/change', { method: 'POST', body, args })) as Request
            if (reply.status === 200) return resultOfChange(JSON.parse(reply.responseText!) as ChangeReply)
            // nginx shuts down and listens no more.
            if (reply.status === 502) return changePages(new PackageIndex(bucketOf(r), platform), change)
            // The session may have been renewed between the two.
            const isRetried = reply.status === 429 || (reply.status === 403 && attempt < 5)
            if (!isRetried) throw new Error(`the change of a page was answered ${reply.status}`)
            await platform.sleep(20 + backOffTime(attempt, 50, 400))
        }
        throw new Error(`other uploads changed the page of ${pageOf(change)} for ${changePatience / 1000} seconds`)
    }
}

function resultOfChange({ added, refused }: ChangeReply): Added | undefined {
    if (refused) throw new RefusedUpload(refused.status, refused.message, refused.cure)
    return added
}

/** For POST /-/pages, which is only for `pageChanger`. */
async function pages(r: Request): Promise<void> {
    const body = r.requestText ?? ''
    let reply: ChangeReply
    try {
        if (r.variables.arg_mac !== changeMac(body, credentialsOf(r).secretAccessKey)) {
            return r.return(403, 'Only nginx may change pages.\n')
        }
        const index = new PackageIndex(bucketOf(r), platform)
        reply = { added: await changePages(index, JSON.parse(body) as PageChange) }
    } catch (error) {
        reply = { refused: answerTo(r, error as Error) }
    }
    r.return(200, JSON.stringify(reply))
}

/** Sends by a subrequest, which nginx proxies to S3. */
function sender(r: Request): Send {
    return async (signed, { method, body, ownBody }) => {
        const hasBody = body !== undefined && body.length > 0
        const isWithoutBody = method === 'GET' || method === 'HEAD' || method === 'DELETE'
        const options = {
            method,
            args: subrequestArgs(signed, hasBody || isWithoutBody ? '' : '0'),
            // A subrequest without a body has that of its parent, which nginx streams from its file.
            ...(hasBody && { body }),
        }
        const reply = await r.subrequest(hasBody || ownBody ? '/-/s3-body' : '/-/s3', options as NginxSubrequestOptions)
        return answerOf(reply as Request)
    }
}

function answerOf(reply: Request): S3Answer {
    const headers: Record<string, string> = {}
    for (const [name, value] of reply.rawHeadersOut) headers[name.toLowerCase()] = value!
    // Those that nginx has parsed are not among the raw ones.
    for (const name of ['ETag', 'Content-Length', 'Content-Type', 'Last-Modified']) {
        const value = reply.headersOut[name as 'ETag']
        if (value) headers[name.toLowerCase()] = String(value)
    }
    return { status: reply.status, headers, body: (reply.responseBuffer as Buffer | undefined) ?? Buffer.alloc(0) }
}

/** The forms of a page in nginx's cache: its file and its type, see `$pypi_page_type`. */
const forms: [file: string, type: string][] = [
    ['index.json', 'application/vnd.pypi.simple.v1+json'],
    ['index.html', 'application/vnd.pypi.simple.v1+html; charset=utf-8'],
    ['index.html', 'text/html; charset=utf-8'],
]

/** Replaces the pages in the cache, so that the next reader sees the upload. The cache expires by itself if this fails. */
async function refreshCache(r: Request, { project }: TakenUpload): Promise<void> {
    if (!settingsOf(r).isCached) return
    for (const folder of [`${project}/`, '']) {
        for (const [file, type] of forms) {
            // nginx makes a GET of it, which fills the cache.
            const options = { method: 'HEAD', args: `page=${folder}${file}&type=${type}` } as const
            // The upload has succeeded, whatever happens here.
            const status = await r.subrequest('/-/refresh', options).then(
                (reply) => `status ${reply.status}`,
                (error: Error) => error.message,
            )
            if (status !== 'status 200') r.warn(`the cache keeps ${folder}${file} until it expires: ${status}`)
        }
    }
}

/** For GET /-/answer, an HTTP/0.9 request: the body is the whole response. */
function answer(r: Request): void {
    r.return(200, rawResponse(decodeAnswer(r.variables.args ?? '')))
}

/** The functions that the configuration names. */
export function uploadHandlers(ofEntry: IndexPlatform) {
    platform = ofEntry
    return { legacy, pages, answer }
}
