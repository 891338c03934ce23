import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { PublicPackage } from './packages.js'
import { listedFile, pathOf, publicPage, sha256 } from './public-pages.js'

/** An index in the place of PyPI, which all proxies have behind them. */
export interface PublicUpstream {
    /** Without a path. */
    origin: string
    /** Requests so far. */
    requests: number
    /** Adds a page. */
    addPage(name: string, page: Buffer): void
    /** Adds a file by its path below /packages/. */
    addFile(path: string, content: Buffer): void
    close(): Promise<void>
}

interface Content {
    plain: Body
    /** Pages only. */
    zipped?: Body
}

interface Body {
    bytes: Buffer
    etag: string
}

function bodyOf(bytes: Buffer): Body {
    return { bytes, etag: `"${createHash('md5').update(bytes).digest('hex')}"` }
}

function pageContent(page: Buffer): Content {
    return { plain: bodyOf(page), zipped: bodyOf(gzipSync(page)) }
}

/** proxpi and devpi request it. That of PyPI is longer. */
function projectList(names: readonly string[]): Buffer {
    const projects = names.map((name) => ({ '_last-serial': 27812345, name }))
    return Buffer.from(JSON.stringify({ meta: { '_last-serial': 27812345, 'api-version': '1.4' }, projects }))
}

/** As pypi.org and files.pythonhosted.org send them. @see pypi/infra, vcl/main.vcl and vcl/files.vcl */
const pageHeaders = {
    'Content-Type': 'application/vnd.pypi.simple.v1+json',
    'Cache-Control': 'max-age=600, public',
    Vary: 'Accept, Accept-Encoding',
    'X-PyPI-Last-Serial': '27812345',
}
const fileHeaders = {
    'Content-Type': 'application/octet-stream',
    'Cache-Control': 'max-age=365000000, immutable, public',
    'Accept-Ranges': 'bytes',
}

/** @param latency milliseconds before each answer */
export async function startUpstream(latency: number): Promise<PublicUpstream> {
    const names: string[] = []
    const contents = new Map<string, Content>()
    const server = http.createServer(async (request, response) => {
        upstream.requests += 1
        if (latency > 0) await sleep(latency)
        answer(contents.get(new URL(request.url!, 'http://upstream').pathname), request, response)
    })
    // Longer than a measurement: a proxy must not use a connection that is closed at the same time.
    server.keepAliveTimeout = 600_000
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const upstream: PublicUpstream = {
        origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        requests: 0,
        addPage(name, page) {
            names.push(name)
            contents.set('/simple/', pageContent(projectList(names)))
            contents.set(`/simple/${name}/`, pageContent(page))
        },
        addFile(path, content) {
            contents.set(`/packages/${path}`, { plain: bodyOf(content) })
        },
        async close() {
            const closed = once(server, 'close')
            server.close()
            server.closeAllConnections()
            await closed
        },
    }
    return upstream
}

function answer(content: Content | undefined, request: IncomingMessage, response: ServerResponse): void {
    if (content === undefined) return void response.writeHead(404, { 'Content-Type': 'text/html' }).end('404 Not Found')
    const isPage = content.zipped !== undefined
    const isZipped = isPage && /\bgzip\b/.test(String(request.headers['accept-encoding']))
    const { bytes, etag } = isZipped ? content.zipped! : content.plain
    const headers = {
        ...(isPage ? pageHeaders : fileHeaders),
        ETag: etag,
        ...(isZipped && { 'Content-Encoding': 'gzip' }),
    }
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304, headers).end()
    const send = (status: number, body: Buffer, more: Record<string, string> = {}) => {
        response.writeHead(status, { ...headers, ...more, 'Content-Length': body.length })
        response.end(request.method === 'HEAD' ? undefined : body)
    }
    const range = isPage ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    if (range === null) return send(200, bytes)
    const [begin, end] = [Number(range[1]), range[2] === '' ? bytes.length : Number(range[2]) + 1]
    const part = bytes.subarray(begin, end)
    if (part.length === 0) return send(416, part, { 'Content-Range': `bytes */${bytes.length}` })
    send(206, part, { 'Content-Range': `bytes ${begin}-${begin + part.length - 1}/${bytes.length}` })
}

/** Adds the pages of packages, their wheels and metadata. */
export async function addPackages(upstream: PublicUpstream, packages: readonly PublicPackage[]): Promise<void> {
    for (const { path, filename, project, size, sha256: hash, requiresPython, metadata, pageFiles } of packages) {
        const file = {
            ...{ filename, sha256: hash, size, metadataSha256: sha256(metadata!) },
            ...(requiresPython === undefined ? {} : { requiresPython }),
        }
        const others = Array.from({ length: pageFiles - 1 }, (_, number) => listedFile(project, number))
        upstream.addPage(project, publicPage(project, [...others, file], `${upstream.origin}/packages/`))
        upstream.addFile(pathOf(file), await readFile(path))
        upstream.addFile(`${pathOf(file)}.metadata`, metadata!)
    }
}
