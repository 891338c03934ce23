// Makes pages of public packages from those of the upstream index. Loaded by the server in public.conf only, whose answers are
// cached: no hit runs it.

import crypto from 'crypto'
import fs from 'fs'
import { PageFilter } from '../core/public/page-filter.js'
import { PublicHtml } from '../core/public/public-html.js'
import { pagePolicy, projectRefusal, type PublicPolicy } from '../core/public/public-policy.js'
import { UnreadablePage } from '../core/public/unreadable-page.js'
import { rulesAbout } from '../core/public/project-rules.js'
import { fail, removeHeaders } from './public-answers.js'
import { file, fileHeader } from './public-files.js'
import { njsTools } from './public/njs-tools.js'
import { isCurrent, pageTag } from './public/page-tag.js'
import { decodePublicSettings, readPolicy, type PublicSettings } from './public/settings.js'

/** How much of a page is filtered before nginx answers other requests. Bytes. */
const partSize = 128 * 1024

/** How many are written as HTML before nginx answers other requests. */
const filesPerSlice = 100

/** The query for a page as JSON. */
const jsonForm = 'index.json'

/** A page is parsed to make HTML of it: njs takes ten times its size, and 15 milliseconds for each megabyte. Bytes. */
const maxHtmlSource = 4 * 1024 * 1024

const readFile = (path: string) => fs.readFileSync(path, 'utf8') as string

const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** Not 0: nginx runs such a timer in the same pass, before it looks at any connection. */
const pause = () => wait(1)

/** Smaller pages are made at once, larger ones in turn. Bytes. */
const smallPage = 512 * 1024

/** How long the ETag of a stream is right, whose files may be young: seconds. They are known when it ends only. */
const streamLifetime = 600

/** Between questions whether fewer pages are made. Milliseconds. */
const turnInterval = 20

/** Questions, of which nginx answers 20 a second. */
const maxTurns = 2000

/** Fetches the page of the public index into its cache, and has it made: at once, or when it is its turn. */
async function start(r: NginxHTTPRequest): Promise<void> {
    // Subrequests share the variables.
    const project = r.variables.project!
    const args = r.variables.args
    try {
        const settings = decodePublicSettings(r.variables.public_policy)
        const policy = readPolicy(settings, readFile, [project])
        // Not requested from the public index.
        const refused = projectRefusal(policy, project)
        if (refused !== undefined)
            return fail(r, 404, 'max-age=10', `This index does not offer ${project}: ${refused}\n`)
        const isJson = args === jsonForm
        const known = r.headersIn['If-None-Match']
        const head = await r.subrequest(`/upstream/${project}`, { method: 'HEAD' })
        if (head.status !== 200) return failAsUpstream(r, project, head.status)
        if (known && isCurrent(known, digestOf(head.headersOut.ETag, policy, settings, project, isJson), Date.now())) {
            r.headersOut.ETag = known
            r.headersOut['Cache-Control'] = 'max-age=10'
            return r.return(304)
        }
        const size = Number(head.headersOut['Content-Length'])
        if (!isJson && size > maxHtmlSource)
            return fail(r, 507, 'max-age=60', `${project} has too many files for an HTML page: request JSON.\n`)
        r.internalRedirect(`/${size < smallPage ? 'small' : 'large'}?${args}`)
    } catch (error) {
        failWithLog(r, project, error)
    }
}

/** Waits until no other large page is made. */
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
        failWithLog(r, r.variables.project!, error)
    }
}

/** The page of `$project` in the form in the query: index.json, or index.html. */
async function page(r: NginxHTTPRequest): Promise<void> {
    const project = r.variables.project!
    try {
        await respond(r, project)
    } catch (error) {
        // An exception after "await" would close the connection on njs 0.7.9.
        failWithLog(r, project, error)
    }
}

function failWithLog(r: NginxHTTPRequest, project: string, error: unknown): void {
    r.error(`the public page of ${project} cannot be served: ${(error as Error).message}`)
    const isUpstream = error instanceof UnreadablePage
    fail(r, isUpstream ? 502 : 503, 'no-store', 'The page cannot be made: see the error log of nginx.\n')
}

/** A missing project is remembered for a minute, by the cache in front. */
function failAsUpstream(r: NginxHTTPRequest, project: string, status: number): void {
    if (status === 404) return fail(r, 404, 'max-age=60', `${project} is neither here nor in the public index.\n`)
    // Not 504, after which the first server would ask once more.
    fail(r, 502, 'no-store', 'The public index does not answer now.\n')
}

async function respond(r: NginxHTTPRequest, project: string): Promise<void> {
    // Subrequests share the variables.
    const isJson = r.variables.args === jsonForm
    const settings = decodePublicSettings(r.variables.public_policy)
    const policy = readPolicy(settings, readFile, [project])
    const now = Date.now()
    const raw = await r.subrequest(`/upstream/${project}`, { method: 'GET' })
    if (raw.status !== 200) return failAsUpstream(r, project, raw.status)
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
        r.headersOut.ETag = pageTag(digestOf(raw.headersOut.ETag, policy, settings, project, isJson), changes)
    r.headersOut['Cache-Control'] = 'max-age=10'
    // nginx sets it to the type of the form.
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

/** To be raised when other pages are made of the same: browsers and caches keep pages with their ETag. */
const pageVersion = 1

/** Of all that a page is made of, except the time. @param tag ETag of the public index */
function digestOf(
    tag: string | undefined,
    policy: PublicPolicy,
    { fileUrl }: PublicSettings,
    project: string,
    isJson: boolean,
): string {
    // With a fixed time, the policy tells the length of the cool-down.
    const { cutoff } = pagePolicy(policy, project, 0)
    const rules = [rulesAbout(policy.deny, project), policy.allowOnly ? rulesAbout(policy.allowOnly, project) : 0]
    const parts = [pageVersion, tag || '', fileUrl, isJson, cutoff, JSON.stringify(rules)]
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
        const policy = readPolicy(settings, readFile, [project])
        const now = Date.now()
        const files = pagePolicy(policy, project, now)
        const digest = headersOut.ETag && digestOf(headersOut.ETag, policy, settings, project, true)
        removeHeaders(r, [])
        // That of the page before it is filtered.
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

export default { start, turn, page, streamHeader, streamPart, file, fileHeader, state }
