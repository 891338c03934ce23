import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { startRecordingUpstream, type RecordingUpstream, type UpstreamPlace } from './recording-upstream.js'

/** A server in the place of PyPI: it sends the headers that pypi.org and files.pythonhosted.org send. */
export interface PypiServer extends RecordingUpstream {
    /** URL of the simple index. */
    url: string
    /** Pages by project; `FILES` stands for the URL of the files. */
    pages: Record<string, string | Buffer>
    /** Files by their path below /packages/. */
    files: Record<string, string | Buffer>
    /** Answers every request with this status, or cuts it. */
    failure: number | 'cut' | undefined
    /** Answers a request in another way, and returns true. */
    interfere: ((asked: IncomingMessage, response: ServerResponse) => boolean) | undefined
}

/** @see Warehouse, api/simple.py, cache/http.py; pypi/infra, vcl/main.vcl and vcl/files.vcl */
export async function startPypi(place: UpstreamPlace = {}): Promise<PypiServer> {
    const state: Omit<PypiServer, keyof RecordingUpstream | 'url'> = {
        pages: {},
        files: {},
        failure: undefined,
        interfere: undefined,
    }
    const upstream = await startRecordingUpstream((asked, response) => {
        if (state.interfere?.(asked, response)) return
        if (state.failure === 'cut') return void response.destroy()
        if (state.failure !== undefined) return void response.writeHead(state.failure).end('failure')
        const [kind, ...rest] = asked.url!.slice(1).split('/')
        const file = kind === 'packages' ? state.files[rest.join('/')] : undefined
        const page = kind === 'simple' ? state.pages[rest[0]!] : undefined
        const content = file ?? page
        if (content === undefined)
            return void response.writeHead(404, { 'Content-Type': 'text/html' }).end('404 Not Found')
        const isZipped = page !== undefined && /\bgzip\b/.test(String(asked.headers['accept-encoding']))
        const bytes = isZipped ? gzipSync(content) : Buffer.from(content)
        const etag = `"${createHash('md5').update(bytes).digest('hex')}"`
        const headers = page === undefined ? fileHeaders : pageHeaders
        const all = { ...headers, ETag: etag, ...(isZipped && { 'Content-Encoding': 'gzip' }) }
        if (asked.headers['if-none-match'] === etag) return void response.writeHead(304, all).end()
        const range = page === undefined ? /^bytes=(\d+)-(\d+)$/.exec(asked.headers.range ?? '') : null
        if (range === null) return void response.writeHead(200, { ...all, 'Content-Length': bytes.length }).end(bytes)
        const part = bytes.subarray(Number(range[1]), Number(range[2]) + 1)
        if (part.length === 0) return void response.writeHead(416, { 'Content-Range': `bytes */${bytes.length}` }).end()
        const contentRange = `bytes ${range[1]}-${Number(range[1]) + part.length - 1}/${bytes.length}`
        response.writeHead(206, { ...all, 'Content-Range': contentRange, 'Content-Length': part.length }).end(part)
    }, place)
    return Object.assign(state, upstream, { url: `${upstream.endpoint}/simple/` })
}

const pageHeaders = {
    'Content-Type': 'application/vnd.pypi.simple.v1+json',
    'Cache-Control': 'max-age=600, public',
    Vary: 'Accept, Accept-Encoding',
    'X-PyPI-Last-Serial': '27812345',
    'Set-Cookie': 'session=upstream',
}

const fileHeaders = {
    'Content-Type': 'application/octet-stream',
    'Cache-Control': 'max-age=365000000, immutable, public',
    'Accept-Ranges': 'bytes',
}
