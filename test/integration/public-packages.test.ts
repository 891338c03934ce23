import { chmod, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { publish, withPublicIndex } from '../support/nginx/public-index.js'
import { pypiFile, pypiFiles, pypiPage } from '../support/public/pypi-page.js'
import { request } from '../support/requests/raw-request.js'

const json = 'application/vnd.pypi.simple.v1+json'
const asJson = { headers: { Accept: json } }
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().replace('Z', '000Z')

const six = pypiPage('six', [
    pypiFile('six-1.16.0-py2.py3-none-any.whl', daysAgo(1000)),
    pypiFile('six-1.17.0.tar.gz', daysAgo(30), { yanked: 'broken' }),
    pypiFile('six-1.18.0.tar.gz', daysAgo(1)),
])

/** The address of a file here. */
const pathOf = (url: string) => url.replace(pypiFiles, '/packages/')

describe('public packages', () => {
    test('pages and files come through the index, and keep all fields', async () => {
        await withPublicIndex({}, {}, async (index, pypi) => {
            publish(pypi, six)
            for (const path of ['/simple/six/', '/six/']) {
                const { status, headers, body } = await request(index.port, path, asJson)
                expect([status, headers['content-type']]).toEqual([200, json])
                const files = six.files.map((file) => ({ ...file, url: `../..${pathOf(file.url)}` }))
                expect(JSON.parse(body.toString())).toEqual({ ...six, files })
            }
            for (const { url, filename } of six.files) {
                const file = await request(index.port, pathOf(url))
                expect([file.status, file.body.toString()]).toEqual([200, filename])
            }
            const html = await request(index.port, '/simple/six/', { headers: { Accept: 'text/html' } })
            expect([html.status, html.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
            expect(html.body.toString()).toContain(`<a href="../..${pathOf(six.files[1]!.url)}#sha256=`)
            expect(html.body.toString()).toContain('data-yanked="broken"')
            expect((await request(index.port, '/simple/Six', asJson)).status).toBe(301)
            expect((await request(index.port, '/simple/nothing/', asJson)).status).toBe(404)
        })
    })

    test('nothing of a client reaches the public index', async () => {
        await withPublicIndex({}, {}, async (index, pypi) => {
            publish(pypi, six)
            const headers = {
                Authorization: 'Basic c2VjcmV0',
                Cookie: 'secret=1',
                'X-Secret': '1',
                'User-Agent': 'pip/1',
            }
            await request(index.port, '/simple/six/', { headers: { ...headers, Accept: json } })
            await request(index.port, pathOf(six.files[0]!.url), { headers })
            expect(pypi.requests.map(({ target }) => target.split('/')[1])).toEqual(['simple', 'packages'])
            for (const sent of pypi.requests) {
                expect(JSON.stringify(sent)).not.toMatch(/secret|c2VjcmV0|pip\/1/i)
                expect(sent.header('user-agent')).toBe('nginx-s3-pypi')
            }
        })
    })

    test('private names and projects of the bucket never go upstream', async () => {
        const objects = { 'mine/index.json': '{}', 'claimed/notes.txt': 'x' }
        await withPublicIndex(objects, { private: ['acme-*'] }, async (index, pypi) => {
            for (const name of ['mine', 'claimed', 'acme-x']) publish(pypi, pypiPage(name, []))
            expect((await request(index.port, '/simple/mine/', asJson)).body.toString()).toBe('{}')
            for (const name of ['claimed', 'acme-x', 'Acme.X']) await request(index.port, `/simple/${name}/`, asJson)
            const acme = pypiFile('acme_x-1.0.tar.gz', daysAgo(9))
            publish(pypi, pypiPage('acme-x', [acme]))
            expect((await request(index.port, pathOf(acme.url))).status).toBe(403)
            expect(pypi.requests.map(({ target }) => target)).toEqual([])
        })
    })

    test('only addresses of files reach the public index', async () => {
        await withPublicIndex({}, {}, async (index, pypi) => {
            const path = pathOf(six.files[0]!.url)
            for (const hostile of [
                path + '/x',
                path.replace('/packages/', '/packages/../'),
                path.replace(/six-.*/, ''),
                path.replace(/six-.*/, '..'),
                path.replace(/six-.*/, '%2e%2e'),
                path.replace(/six-.*/, 'a%2fb'),
                path.replace(/six-.*/, 'a%0d%0aX-Y:%20z'),
                path.toUpperCase(),
                '/packages/http://example.com/x',
                '/upstream/six',
                '/page/six',
                '/file?six',
            ]) {
                expect([hostile, (await request(index.port, hostile)).status]).toEqual([
                    hostile,
                    expect.toSatisfy((status) => status >= 300 && status < 500),
                ])
            }
            expect(
                pypi.requests.filter(({ target }) => target.startsWith('/packages/')).map(({ target }) => target),
            ).toEqual([])
        })
    })
})

describe('the policy', () => {
    test('a cool-down hides young files, except of some projects', async () => {
        await withPublicIndex({}, { cooldown: '7d', cooldownExcept: ['fast-*'] }, async (index, pypi) => {
            publish(pypi, six)
            publish(pypi, pypiPage('fast-x', [pypiFile('fast_x-1.0.tar.gz', daysAgo(1))]))
            const page = JSON.parse((await request(index.port, '/simple/six/', asJson)).body.toString())
            expect(page.files.map(({ filename }: { filename: string }) => filename)).toEqual(
                six.files.slice(0, 2).map(({ filename }) => filename),
            )
            expect([page.versions, page.meta._hidden]).toEqual([['1.16.0', '1.17.0'], { cooldown: 1 }])
            const html = await request(index.port, '/simple/six/', { headers: { Accept: 'text/html' } })
            expect(html.body.toString()).not.toContain('1.18.0')
            const other = JSON.parse((await request(index.port, '/simple/fast-x/', asJson)).body.toString())
            expect(other.files).toHaveLength(1)
        })
    })
})

describe('the rules of --deny and --allow-only', () => {
    const filesOf = async (port: number, name: string) => {
        const { status, body } = await request(port, `/simple/${name}/`, asJson)
        return status === 200 ? JSON.parse(body.toString()).files.length : status
    }

    test('hide versions and projects, and refuse their files with the reason', async () => {
        const folder = await temporaryFolder()
        await chmod(folder, 0o755)
        const deny = `${folder}/deny.txt`
        await writeFile(deny, 'six<1.17 CVE-2026-1\nevil malware\n')
        await withPublicIndex({}, { deny }, async (index, pypi) => {
            publish(pypi, six)
            const evil = pypiFile('evil-1.0.tar.gz', daysAgo(100))
            publish(pypi, pypiPage('evil', [evil]))
            expect(await filesOf(index.port, 'six')).toBe(2)
            const refused = await request(index.port, '/simple/evil/', asJson)
            expect([refused.status, refused.body.toString()]).toEqual([404, expect.stringContaining('malware')])
            const file = await request(index.port, pathOf(six.files[0]!.url))
            expect([file.status, file.body.toString()]).toEqual([403, expect.stringContaining('CVE-2026-1')])
            expect((await request(index.port, `${pathOf(six.files[0]!.url)}.metadata`)).status).toBe(403)
            expect((await request(index.port, pathOf(evil.url))).status).toBe(403)
            expect((await request(index.port, pathOf(six.files[1]!.url))).status).toBe(200)
            expect(pypi.requests.map(({ target }) => target)).toEqual(['/simple/six/', pathOf(six.files[1]!.url)])
            // Nothing public is served by rules that cannot be read.
            await writeFile(deny, 'six<one\n')
            publish(pypi, pypiPage('other', []))
            expect(await filesOf(index.port, 'other')).toBe(503)
            expect(index.log()).toContain('line 1')
            expect((await request(index.port, pathOf(six.files[2]!.url))).status).toBe(403)
        })
    })

    test('let nothing else pass', async () => {
        const folder = await temporaryFolder()
        await chmod(folder, 0o755)
        const allowOnly = `${folder}/allow.txt`
        await writeFile(allowOnly, 'six==1.17.*\n')
        await withPublicIndex({}, { allowOnly }, async (index, pypi) => {
            publish(pypi, six)
            publish(pypi, pypiPage('other', []))
            expect([await filesOf(index.port, 'six'), await filesOf(index.port, 'other')]).toEqual([1, 404])
            expect((await request(index.port, pathOf(six.files[0]!.url))).status).toBe(403)
            expect((await request(index.port, pathOf(six.files[1]!.url))).status).toBe(200)
        })
    })
})

test('with passwords, strangers see nothing, and the public index no password', async () => {
    const folder = await temporaryFolder()
    await chmod(folder, 0o755)
    await writeFile(`${folder}/htpasswd`, 'ci:{PLAIN}secret\n')
    await writeFile(`${folder}/deny.txt`, 'evil\n')
    await withPublicIndex({}, { htpasswd: `${folder}/htpasswd`, deny: `${folder}/deny.txt` }, async (index, pypi) => {
        publish(pypi, six)
        const paths = ['/simple/six/', pathOf(six.files[0]!.url)]
        for (const path of paths) expect([path, (await request(index.port, path)).status]).toEqual([path, 401])
        expect(pypi.requests).toEqual([])
        const Authorization = `Basic ${Buffer.from('ci:secret').toString('base64')}`
        for (const path of paths) {
            expect([path, (await request(index.port, path, { headers: { Authorization } })).status]).toEqual([
                path,
                200,
            ])
        }
        expect(JSON.stringify(pypi.requests)).not.toContain(Authorization)
    })
})

test('a client with the ETag gets 304, ranges and HEAD are answered', async () => {
    await withPublicIndex({}, {}, async (index, pypi) => {
        publish(pypi, six)
        const { headers } = await request(index.port, '/simple/six/', asJson)
        const known = { headers: { ...asJson.headers, 'If-None-Match': headers.etag } }
        expect((await request(index.port, '/simple/six/', known)).status).toBe(304)
        const path = pathOf(six.files[0]!.url)
        const part = await request(index.port, path, { headers: { Range: 'bytes=0-2' } })
        expect([part.status, part.body.toString()]).toEqual([206, 'six'])
        for (const each of ['/simple/six/', path]) {
            const head = await request(index.port, each, { method: 'HEAD' })
            expect([head.status, head.body.length]).toEqual([200, 0])
        }
    })
})

test('a project that becomes private loses its public page', async () => {
    const objects: Record<string, string> = {}
    await withPublicIndex(objects, {}, async (index, pypi, put) => {
        publish(pypi, six)
        expect((await request(index.port, '/simple/six/', asJson)).status).toBe(200)
        await put('six/index.json', '{"private":true}')
        // Like any page, after --page-ttl.
        const pageOf = async () => (await request(index.port, '/simple/six/', asJson)).body.toString()
        await expect.poll(pageOf, { timeout: 20_000 }).toBe('{"private":true}')
        pypi.requests.length = 0
        expect((await request(index.port, pathOf(six.files[0]!.url))).status).toBe(403)
        expect(pypi.requests).toEqual([])
    })
})

test('a page that the filter does not understand is not served', async () => {
    await withPublicIndex({}, {}, async (index, pypi) => {
        pypi.pages.six = '<!DOCTYPE html><a href="x">x</a>'
        expect((await request(index.port, '/simple/six/', asJson)).status).toBe(502)
        pypi.pages.cut = JSON.stringify(pypiPage('cut', [])).slice(0, -5)
        expect((await request(index.port, '/simple/cut/', asJson)).status).toBe(502)
        expect(index.log()).toContain('the public page of cut cannot be served')
    })
})

describe('while the public index is down', () => {
    test.each([['cut' as const], [500], [403]])(
        '%s: what is cached is served, and nothing else is missing',
        async (failure) => {
            await withPublicIndex({}, {}, async (index, pypi) => {
                publish(pypi, six)
                const file = pathOf(six.files[0]!.url)
                const before = (await request(index.port, '/simple/six/', asJson)).body.toString()
                await request(index.port, file)
                pypi.failure = failure
                expect((await request(index.port, '/simple/six/', asJson)).body.toString()).toBe(before)
                expect((await request(index.port, file)).status).toBe(200)
                // Not 404, after which resolvers would take something else.
                expect((await request(index.port, '/simple/other/', asJson)).status).toBe(502)
                expect((await request(index.port, pathOf(six.files[1]!.url))).status).toBeGreaterThanOrEqual(500)
            })
        },
    )
})

test('ten requests at once cause one upstream', async () => {
    await withPublicIndex({}, {}, async (index, pypi) => {
        publish(pypi, six)
        const path = pathOf(six.files[0]!.url)
        const answers = await Promise.all(
            Array.from({ length: 10 }, async () => [
                (await request(index.port, '/simple/six/', asJson)).status,
                (await request(index.port, path)).status,
            ]),
        )
        expect(answers.flat().every((status) => status === 200)).toBe(true)
        expect(pypi.requests.map(({ target }) => target).sort()).toEqual([path, '/simple/six/'])
    })
})
