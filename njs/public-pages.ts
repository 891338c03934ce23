// Makes pages of public packages from those of the upstream index. Loaded by the server in public.conf only, whose answers are
// cached: no hit runs it.

import crypto from 'crypto'
import fs from 'fs'
import { PageFilter } from '../core/public/page-filter.js'
import { PublicHtml } from '../core/public/public-html.js'
import { fileRefusal, pagePolicy, projectRefusal, projectsOf, type PublicPolicy } from '../core/public/public-policy.js'
import { UnreadablePage } from '../core/public/unreadable-page.js'
import { folderContent } from './folder-listing.js'
import { njsTools } from './public/njs-tools.js'
import { isCurrent, pageTag } from './public/page-tag.js'
import { decodePublicSettings, readPolicy } from './public/settings.js'

/** Of a page that are filtered at once. In between, nginx answers other requests. Bytes. */
const partSize = 128 * 1024

/** Of a page that are written as HTML at once. */
const filesPerSlice = 100

/** The query for a page as JSON. */
const jsonForm = 'index.json'

/** A page is parsed to make HTML of it: njs takes ten times its size. Bytes. */
const maxHtmlSource = 8 * 1024 * 1024

const readFile = (path: string) => fs.readFileSync(path, 'utf8') as string

const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** Not 0: nginx runs such a timer in the same pass, before it looks at any connection. */
const pause = () => wait(1)

/** Smaller ones are made at once, larger ones as a stream. Bytes. */
const smallPage = 512 * 1024

/** How long the ETag of a stream is right, whose files may be young: seconds. They are known when it ends only. */
const streamLifetime = 600

/** Between questions whether fewer pages are made. Milliseconds. */
const turnInterval = 20

/** Questions, of which nginx answers 20 a second. */
const maxTurns = 2000

/** Fetches the page of the public index into its cache, and has it made: at once, or as a stream when it is its turn. */
async function start(r: NginxHTTPRequest): Promise<void> {
    try {
        // Subrequests share the variables.
        const project = r.variables.project!
        const args = r.variables.args
        const settings = decodePublicSettings(r.variables.public_policy)
        const policy = readPolicy(settings, readFile)
        // Not requested from the public index.
        const refused = projectRefusal(policy, project)
        if (refused !== undefined)
            return fail(r, 404, 'max-age=10', `This index does not offer ${project}: ${refused}\n`)
        const isJson = args === jsonForm
        const known = r.headersIn['If-None-Match']
        const head = await r.subrequest(`/upstream/${project}`, { method: 'HEAD' })
        if (head.status !== 200) return r.internalRedirect(`/small?${args}`)
        if (known && isCurrent(known, digestOf(head.headersOut.ETag, policy, project, isJson), Date.now())) {
            r.headersOut.ETag = known
            r.headersOut['Cache-Control'] = 'max-age=10'
            return r.return(304)
        }
        const size = Number(head.headersOut['Content-Length'])
        if (isJson) return r.internalRedirect(`/${size < smallPage ? 'small' : 'large'}?${args}`)
        if (size > maxHtmlSource)
            return fail(r, 507, 'max-age=60', `${project} has too many files for an HTML page: request JSON.\n`)
        r.internalRedirect(`/small?${args}`)
    } catch (error) {
        r.error(`the public page of ${r.variables.project} cannot be made: ${(error as Error).message}`)
        fail(r, 503, 'no-store', '')
    }
}

/** Waits until fewer large pages are made. */
async function turn(r: NginxHTTPRequest): Promise<void> {
    try {
        const { args } = r.variables
        for (let turns = 0; turns < maxTurns; turns++) {
            const { status } = await r.subrequest('/ask-free', { method: 'GET' })
            if (status === 404) return r.internalRedirect(`/large?${args}`)
            await wait(turnInterval)
        }
        fail(r, 503, 'no-store', 'Too many pages are made now.\n')
    } catch (error) {
        r.error(`the public page of ${r.variables.project} cannot be made: ${(error as Error).message}`)
        fail(r, 503, 'no-store', '')
    }
}

/** The page of `$project` in the form in the query: index.json, or index.html. */
async function page(r: NginxHTTPRequest): Promise<void> {
    try {
        await respond(r)
    } catch (error) {
        // An exception after "await" would close the connection on njs 0.7.9.
        const { message } = error as Error
        r.error(`the public page of ${r.variables.project} cannot be served: ${message}`)
        const isUpstream = error instanceof UnreadablePage
        fail(r, isUpstream ? 502 : 503, 'no-store', 'The page cannot be made: see the error log of nginx.\n')
    }
}

async function respond(r: NginxHTTPRequest): Promise<void> {
    // Subrequests share the variables.
    const project = r.variables.project!
    const isJson = r.variables.args === jsonForm
    const settings = decodePublicSettings(r.variables.public_policy)
    const policy = readPolicy(settings, readFile)
    const now = Date.now()
    const raw = await r.subrequest(`/upstream/${project}`, { method: 'GET' })
    if (raw.status === 404) return fail(r, 404, 'max-age=60', `${project} is neither here nor in the public index.\n`)
    if (raw.status !== 200)
        return fail(r, raw.status === 504 ? 504 : 502, 'no-store', 'The public index does not answer now.\n')
    const source = raw.responseBuffer as unknown as Uint8Array | undefined
    if (source === undefined) throw new UnreadablePage('it ends early, or is too large')
    checkForm(raw)
    const parts: Uint8Array[] = []
    const send = (bytes: Uint8Array) => void parts.push(bytes)
    const filter = new PageFilter(project, settings.fileUrl, pagePolicy(policy, project, now), false, njsTools, send)
    let from = 0
    await inSlices(() => {
        const to = Math.min(from + partSize, source.length)
        filter.push(source.subarray(from, to), to === source.length)
        from = to
        return to === source.length
    })
    const json = Buffer.concat(parts as Buffer[])
    const changes =
        filter.oldestYoung === '' ? undefined : Date.parse(filter.oldestYoung + 'Z') + (policy.cooldown + 1) * 1000
    const body = isJson ? json : await html(json)
    if (raw.headersOut.ETag)
        r.headersOut.ETag = pageTag(digestOf(raw.headersOut.ETag, policy, project, isJson), changes)
    r.headersOut['Cache-Control'] = 'max-age=10'
    // That of the form, set by nginx.
    r.headersOut['Content-Type'] = r.headersIn.Accept!
    r.return(200, body)
}

/** @throws UnreadablePage for a page that is not JSON, or compressed */
function checkForm({ headersOut }: NginxHTTPRequest): void {
    const type = headersOut['Content-Type'] || 'no type'
    if (!/^application\/(?:vnd\.pypi\.simple\.v1\+)?json\s*(?:;|$)/i.test(type)) {
        throw new UnreadablePage(`the public index sends ${type}, and has to send JSON (PEP 691)`)
    }
    const encoding = headersOut['Content-Encoding']
    if (encoding) throw new UnreadablePage(`the public index sends it with ${encoding}, which was not requested`)
}

/** Long work without "await" in its loop, of which each turn would cost njs 4 KB. @param step returns whether all is done */
async function inSlices(step: () => boolean): Promise<void> {
    while (!step()) await pause()
}

async function html(json: Buffer): Promise<string> {
    const page = new PublicHtml(json.toString())
    await inSlices(() => page.write(filesPerSlice))
    return page.document()
}

/** Of all that a page is made of, except the time. @param tag ETag of the public index */
function digestOf(tag: string | undefined, policy: PublicPolicy, project: string, isJson: boolean): string {
    // With a fixed time, the policy tells the length of the cool-down.
    const { cutoff } = pagePolicy(policy, project, 0)
    const parts = [tag || '', isJson, cutoff, JSON.stringify([policy.deny, policy.allowOnly || 0])]
    return crypto.createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 24)
}

/** That of the stream of this request: QuickJS keeps variables for later requests. */
let stream: PageFilter | undefined
let streaming: NginxHTTPRequest | undefined

/** The headers of a page that is made as a stream, of the public index's. */
function streamHeader(r: NginxHTTPRequest): void {
    stream = undefined
    const { headersOut } = r
    if (r.status !== 200) return
    try {
        checkForm(r)
        const project = r.variables.project!
        const settings = decodePublicSettings(r.variables.public_policy)
        const policy = readPolicy(settings, readFile)
        const now = Date.now()
        const files = pagePolicy(policy, project, now)
        const digest = headersOut.ETag && digestOf(headersOut.ETag, policy, project, true)
        removeHeaders(r, [])
        // It would be wrong.
        delete headersOut['Content-Length']
        if (digest) headersOut.ETag = pageTag(digest, files.cutoff === '' ? undefined : now + streamLifetime * 1000)
        headersOut['Cache-Control'] = 'max-age=10'
        headersOut['Content-Type'] = r.headersIn.Accept!
        const send = (bytes: Uint8Array) => streaming!.sendBuffer(bytes as Buffer, { last: false })
        stream = new PageFilter(project, settings.fileUrl, files, true, njsTools, send)
    } catch (error) {
        r.error(`the public page of ${r.variables.project} cannot be made: ${(error as Error).message}`)
    }
}

/** A part of a page that is made as a stream. An exception ends the connection: nothing is cached then. */
function streamPart(r: NginxHTTPRequest, data: Buffer, flags: NginxHTTPSendBufferOptions): void {
    // What limit_conn answers, or the error of the public index.
    if (r.status !== 200) return r.sendBuffer(data, flags)
    if (stream === undefined) throw new Error('no page')
    streaming = r
    try {
        stream.push(data as unknown as Uint8Array, flags.last === true)
    } catch (error) {
        stream = undefined
        r.error(`the public page of ${r.variables.project} cannot be served: ${(error as Error).message}`)
        throw error
    }
    if (flags.last) r.sendBuffer('', { last: true })
}

/** Whether the file in the query may be served: 204, or 403 with the reason in a header. */
async function file(r: NginxHTTPRequest): Promise<void> {
    try {
        const filename = r.variables.args || ''
        const settings = decodePublicSettings(r.variables.public_policy)
        let refused = fileRefusal(readPolicy(settings, readFile), filename, settings.privateNames)
        if (refused === undefined) refused = await bucketRefusal(r, projectsOf(filename), settings.prefix)
        r.headersOut['Cache-Control'] = 'max-age=10'
        // A header holds ASCII.
        if (refused !== undefined)
            r.headersOut['X-Reason'] = encodeURI(refused || 'denied')
                .split('%20')
                .join(' ')
        r.return(refused === undefined ? 204 : 403)
    } catch (error) {
        r.error(`public files cannot be served: ${(error as Error).message}`)
        fail(r, 503, 'no-store', '')
    }
}

/** What the public index may tell of a file. Others are about its host, or for caches. */
const fileHeaders = ['content-type', 'content-length', 'content-range', 'accept-ranges', 'etag', 'last-modified']

function fileHeader(r: NginxHTTPRequest): void {
    removeHeaders(r, fileHeaders)
}

/** @param except in lower case */
function removeHeaders({ headersOut }: NginxHTTPRequest, except: string[]): void {
    Object.keys(headersOut).forEach((name) => {
        if (except.indexOf(name.toLowerCase()) < 0) delete headersOut[name]
    })
}

/** Files of a project that the bucket has are not requested from the public index. @throws Error if S3 does not tell */
async function bucketRefusal(r: NginxHTTPRequest, projects: string[], prefix: string): Promise<string | undefined> {
    for (let index = 0; index < projects.length; index++) {
        const project = projects[index]!
        const listing = await r.subrequest(`/bucket/${project}`, { method: 'GET' })
        if (listing.status !== 200) throw new Error(`S3 does not list the folder of ${project}`)
        if (folderContent(listing.responseText!, `${prefix}${project}/`) !== 'nothing') return 'a project of this index'
    }
    return undefined
}

/** Whether the public index answers, in a header. */
async function state(r: NginxHTTPRequest): Promise<void> {
    let status = 0
    try {
        status = (await r.subrequest('/upstream-state', { method: 'HEAD' })).status
    } catch (error) {
        r.error((error as Error).message)
    }
    const answers = (status >= 200 && status < 400) || status === 404
    r.headersOut['Cache-Control'] = 'max-age=5'
    r.headersOut['X-Reason'] = answers ? 'The public index answers.' : `The public index does not answer (${status}).`
    r.return(204)
}

function fail(r: NginxHTTPRequest, status: number, cacheControl: string, text: string): void {
    r.headersOut['Cache-Control'] = cacheControl
    r.headersOut['Content-Type'] = 'text/plain; charset=utf-8'
    r.return(status, text)
}

export default { start, turn, page, streamHeader, streamPart, file, fileHeader, state }
