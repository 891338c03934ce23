import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createAuthority } from '../support/machine/certificates.js'
import { publish, withPublicIndex } from '../support/nginx/public-index.js'
import { pypiFile, pypiFiles, pypiPage } from '../support/public/pypi-page.js'
import { request } from '../support/requests/raw-request.js'
import { startPypi, type PypiServer } from '../support/upstreams/pypi-server.js'

const json = 'application/vnd.pypi.simple.v1+json'
const asJson = { headers: { Accept: json } }
const six = pypiPage('six', [pypiFile('six-1.16.0-py2.py3-none-any.whl', '2020-01-02T03:04:05Z')])
const empty = pypiPage('six', [])
const filePath = six.files[0]!.url.replace(pypiFiles, '/packages/')

const filesOf = async (port: number, path = '/simple/six/') => {
    const { status, body } = await request(port, path, asJson)
    return status === 200 ? JSON.parse(body.toString()).files.map(({ url }: { url: string }) => url) : status
}

describe('an upstream index', () => {
    test('below a path: nothing but this path is requested', async () => {
        const pypi = await startPypi()
        // The server itself knows no such path.
        pypi.interfere = (asked) => {
            const below = /^\/mirrors\/pypi(\/.*)/.exec(asked.url!)
            asked.url = below === null ? '/outside' : below[1]!
            return false
        }
        await withPublicIndex({}, { public: `${pypi.endpoint}/mirrors/pypi/simple` }, async (index) => {
            pypi.pages.six = JSON.stringify(six).replaceAll(pypiFiles, `${pypi.endpoint}/mirrors/pypi/packages/`)
            pypi.files[filePath.slice('/packages/'.length)] = 'six'
            expect(await filesOf(index.port)).toEqual([`../..${filePath}`])
            expect((await request(index.port, filePath)).body.toString()).toBe('six')
            expect(pypi.requests.map(({ target }) => target)).toEqual([
                '/mirrors/pypi/simple/six/',
                `/mirrors/pypi${filePath}`,
            ])
        })
        await pypi.close()
    })

    test('on an IPv6 address', async () => {
        const pypi = await startPypi({ host: '::1' }).catch(() => undefined)
        if (pypi === undefined) return
        const endpoint = `http://[::1]:${new URL(pypi.endpoint.replace('::1:', '[::1]:')).port}`
        Object.assign(pypi, { endpoint })
        await withPublicIndex({}, { public: `${endpoint}/simple/` }, async (index) => {
            publish(pypi, six)
            expect(await filesOf(index.port)).toEqual([`../..${filePath}`])
            expect((await request(index.port, filePath)).status).toBe(200)
            expect(pypi.requests[0]!.header('host')).toBe(new URL(endpoint).host)
        })
        await pypi.close()
    })

    test('with TLS and the certificate of a private authority; others are not trusted', async () => {
        const [authority, other] = [createAuthority(), createAuthority()]
        const pypi = await startPypi({ tls: authority.issue('localhost') })
        const endpoint = pypi.endpoint.replace('127.0.0.1', 'localhost')
        publish(pypi, six)
        pypi.pages.six = String(pypi.pages.six).replaceAll(pypi.endpoint, endpoint)
        for (const [publicCaBundle, status] of [
            [authority.file, 200],
            [other.file, 502],
            [undefined, 502],
        ] as const) {
            const more = publicCaBundle === undefined ? {} : { publicCaBundle }
            await withPublicIndex({}, { public: `${endpoint}/simple/`, ...more }, async (index) => {
                for (const path of ['/simple/six/', filePath]) {
                    expect([path, (await request(index.port, path, asJson)).status]).toEqual([path, status])
                }
                if (status === 502) expect(index.log()).toMatch(/certificate verify (?:error|failed)/)
            })
        }
        await pypi.close()
    })

    test('that writes relative URLs, as bandersnatch does, or another index with --public', async () => {
        const pypi = await startPypi()
        pypi.pages.six = JSON.stringify(six).replaceAll(pypiFiles, '../../packages/')
        pypi.files[filePath.slice('/packages/'.length)] = 'six'
        await withPublicIndex({}, { public: pypi.url }, async (index) => {
            expect(await filesOf(index.port)).toEqual([`../..${filePath}`])
            expect((await request(index.port, filePath)).body.toString()).toBe('six')
        })
        await pypi.close()
    })

    const odd: [string, NonNullable<PypiServer['interfere']>, text: RegExp][] = [
        [
            'has HTML only',
            (_asked, response) =>
                !!response
                    .writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
                    .end('<!DOCTYPE html><a href="../../packages/six-1.0.tar.gz">six-1.0.tar.gz</a>'),
            /public page of six cannot be served.*(?:HTML|text\/html)/,
        ],
        [
            'compresses without being asked',
            (_asked, response) =>
                !!response
                    .writeHead(200, { 'Content-Type': json, 'Content-Encoding': 'gzip' })
                    .end(gzipSync(JSON.stringify(six))),
            /public page of six cannot be served.*gzip/,
        ],
        [
            'has a later version of the API',
            (_asked, response) =>
                !!response
                    .writeHead(200, { 'Content-Type': json })
                    .end(JSON.stringify({ ...empty, meta: { 'api-version': '2.0' } })),
            /public page of six cannot be served/,
        ],
        [
            'sends a page of another project',
            (_asked, response) =>
                !!response.writeHead(200, { 'Content-Type': json }).end(JSON.stringify({ ...empty, name: 'evil' })),
            /public page of six cannot be served/,
        ],
    ]
    test.each(odd)('%s: 502, and the log has the cause', async (_name, interfere, text) => {
        await withPublicIndex({}, {}, async (index, pypi) => {
            pypi.interfere = interfere
            for (const Accept of [json, 'text/html']) {
                expect((await request(index.port, '/simple/six/', { headers: { Accept } })).status).toBe(502)
            }
            expect(index.log()).toMatch(text)
        })
    })

    test('redirects to another spelling of the name: clients get the page of the normalised one', async () => {
        await withPublicIndex({}, {}, async (index, pypi) => {
            publish(pypi, pypiPage('foo-bar', []))
            for (const name of ['Foo.Bar', 'foo__bar', 'FOO-BAR', 'foo.-_bar']) {
                const redirect = await request(index.port, `/simple/${name}/`, asJson)
                expect([name, redirect.status, redirect.headers.location]).toEqual([name, 301, '../foo-bar/'])
            }
            expect((await request(index.port, '/simple/foo-bar/', asJson)).status).toBe(200)
            expect(pypi.requests.map(({ target }) => target)).toEqual(['/simple/foo-bar/'])
        })
    })
})

test('what the public index says about its host, or to another client, is not sent', async () => {
    const foreign = {
        'Strict-Transport-Security': 'max-age=31536000; includeSubDomains; preload',
        'Alt-Svc': 'h3=":443";ma=86400',
        'Access-Control-Allow-Origin': '*',
        'Clear-Site-Data': '"*"',
        'Content-Encoding': 'gzip',
        'Set-Cookie': 'a=b',
        'Cache-Control': 'public, max-age=365000000',
        Expires: 'Fri, 01 Jan 2100 00:00:00 GMT',
        Link: '</x>; rel=preload',
        NEL: '{}',
        Refresh: '0; url=https://example.com',
        'Report-To': '{}',
        Vary: 'Accept-Encoding, Cookie',
        'X-Accel-Redirect': '/-/healthz',
        'X-Accel-Expires': '31536000',
    }
    await withPublicIndex({}, { allow: ['127.0.0.1'] }, async (index, pypi) => {
        publish(pypi, six)
        pypi.interfere = (asked, response) => {
            for (const [name, value] of Object.entries(foreign)) response.setHeader(name, value)
            // A page with it is refused.
            if (asked.url!.startsWith('/simple/')) response.removeHeader('Content-Encoding')
            return false
        }
        for (const encoding of ['gzip', 'br', 'identity', 'gzip, deflate']) {
            const headers = { Accept: json, 'Accept-Encoding': encoding, Cookie: `c=${encoding}` }
            for (const path of ['/simple/six/', filePath]) {
                const answer = await request(index.port, path, { headers })
                expect([path, answer.status]).toEqual([path, 200])
                const same = Object.entries(foreign).filter(
                    ([name, value]) => String(answer.headers[name.toLowerCase()] ?? '') === value,
                )
                // nginx compresses pages itself.
                const allowed = path === filePath ? '' : 'Content-Encoding'
                expect([path, same.filter(([name]) => name !== allowed)]).toEqual([path, []])
            }
        }
        expect(pypi.requests.map(({ target }) => target)).toEqual(['/simple/six/', filePath])
    })
})

test('private names are private in every spelling', async () => {
    await withPublicIndex({}, { private: ['Acme__*', 'Inner.Tool'] }, async (index, pypi) => {
        for (const name of ['acme-x', 'inner-tool']) publish(pypi, pypiPage(name, []))
        for (const name of ['acme-x', 'Acme.X', 'acme_x', 'inner-tool', 'Inner_Tool']) {
            for (const Accept of [json, 'text/html']) {
                const path = `/simple/${name}/`
                expect([name, (await request(index.port, path, { headers: { Accept } })).status]).toEqual([
                    name,
                    expect.toSatisfy((status) => status === 404 || status === 301),
                ])
            }
        }
        for (const filename of [
            'Acme_X-1.0.tar.gz',
            'acme.x-1.0-py3-none-any.whl',
            'inner_tool-1.0.zip',
            'inner.tool-1.0.exe',
        ]) {
            const path = pypiFile(filename, '').url.replace(pypiFiles, '/packages/')
            expect([filename, (await request(index.port, path)).status]).toEqual([filename, 403])
            expect([filename, (await request(index.port, `${path}.metadata`)).status]).toEqual([filename, 403])
        }
        expect(pypi.requests).toEqual([])
    })
})
