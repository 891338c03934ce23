import { chmod, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { publish } from '../support/nginx/public-index.js'
import { startIndex, type Index, type IndexOptions } from '../support/nginx/start-index.js'
import { newTokenKey } from '../support/nginx/trusted-index.js'
import { pypiFile, pypiFiles, pypiPage } from '../support/public/pypi-page.js'
import { request } from '../support/requests/raw-request.js'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { readTokenOf, uploadTokenOf } from '../support/tokens/signed-tokens.js'
import { basic } from '../support/uploads/send-upload.js'
import { startPypi, type PypiServer } from '../support/upstreams/pypi-server.js'

const json = 'application/vnd.pypi.simple.v1+json'
const six = pypiPage('six', [
    pypiFile('six-1.16.0-py2.py3-none-any.whl', '2020-01-02T03:04:05Z'),
    pypiFile('six-1.17.0.tar.gz', '2021-01-02T03:04:05Z'),
])
const [wheel, sdist] = six.files.map(({ url }) => url.replace(pypiFiles, '/packages/'))
const metadata = `${wheel}.metadata`
const targets = ['/simple/six/', '/six/', '/simple/nothing/', wheel!, `/simple${wheel}`, metadata]

/** What a client may send to read more than it may. */
const requests: { method?: string; headers: Record<string, string> }[] = [
    { headers: { Accept: json } },
    { headers: { Accept: 'text/html' } },
    { method: 'HEAD', headers: { Accept: json } },
    { headers: { Accept: json, Range: 'bytes=0-2' } },
    { headers: { Accept: json, 'If-None-Match': '"x"', 'If-Modified-Since': 'Fri, 01 Jan 2100 00:00:00 GMT' } },
]

const key = newTokenKey()
const password = { user: 'reader', password: 'p@ssword' }
const withToken = (token: string) => ({ headers: { Authorization: basic({ user: '__token__', password: token }) } })

type Client = { headers?: Record<string, string>; localAddress?: string }

describe.each<[string, Partial<IndexOptions>, friends: Client[], strangers: Client[], status: number]>([
    [
        'passwords',
        { htpasswd: 'htpasswd' },
        [{ headers: { Authorization: basic(password) } }],
        [{}, { headers: { Authorization: basic({ ...password, password: 'wrong' }) } }],
        401,
    ],
    [
        'tokens of readers',
        { readTokens: true, tokenKeys: 'token-keys' },
        // A token for each address: none was verified before.
        targets.map((_target, index) => withToken(readTokenOf(key, { subject: `laptop-${index}` }))),
        [{}, withToken(readTokenOf(newTokenKey())), withToken(uploadTokenOf(key)), withToken(`${readTokenOf(key)}x`)],
        401,
    ],
    ['networks', { allow: ['127.0.0.1'] }, [{}], [{ localAddress: '127.0.0.9' }], 403],
])('public packages behind %s', (_name, options, friends, strangers, status) => {
    let s3: S3Server
    let pypi: PypiServer
    let index: Index

    beforeAll(async () => {
        s3 = await startS3('embedded')
        pypi = await startPypi()
        publish(pypi, six)
        pypi.files[metadata.slice('/packages/'.length)] = 'Metadata-Version: 2.1\n'
        const folder = await temporaryFolder()
        await chmod(folder, 0o755)
        await writeFile(`${folder}/token-keys`, `${key}\n`)
        await writeFile(`${folder}/htpasswd`, `${password.user}:{PLAIN}${password.password}\n`)
        index = await startIndex({
            ...{ endpointUrl: s3.endpoint, environment: environmentOf(s3), bucket: await makeBucket(s3, {}) },
            ...{ cached: true, pageTtl: '60', public: pypi.url, ...options },
            ...(options.htpasswd && { htpasswd: `${folder}/${options.htpasswd}` }),
            ...(options.tokenKeys && { tokenKeys: `${folder}/${options.tokenKeys}` }),
        })
    })
    afterAll(async () => {
        await index.stop()
        await pypi.close()
        await s3.close()
    })

    const ask = (target: string, client: Client, { method, headers }: (typeof requests)[number]) =>
        request(index.port, target, {
            ...client,
            ...(method && { method }),
            headers: { ...headers, ...client.headers },
        })

    async function expectRefusals(): Promise<void> {
        for (const target of targets) {
            for (const client of strangers) {
                // Wrong passwords are answered five times a second.
                for (const each of client === strangers[0] ? requests : requests.slice(0, 1)) {
                    const { status: found, headers, body } = await ask(target, client, each)
                    expect([target, each, found]).toEqual([target, each, status])
                    expect(headers).not.toHaveProperty('etag')
                    expect(body.toString()).not.toMatch(/six|Metadata/)
                }
            }
        }
    }

    test('strangers get nothing, and the public index is not asked', async () => {
        await expectRefusals()
        expect(pypi.requests).toEqual([])
    })

    test('others get pages and files, and strangers nothing of what is cached for them', async () => {
        for (const [number, target] of targets.entries()) {
            const client = friends[number % friends.length]!
            const expected = target === '/simple/nothing/' ? 404 : 200
            for (const headers of [{ Accept: json }, { Accept: 'text/html' }]) {
                const answer = await ask(target, client, { headers })
                expect([target, answer.status]).toEqual([target, expected])
                if (target.includes('/packages/')) expect(answer.headers['cache-control']).toContain(cacheControl())
            }
        }
        const asked = pypi.requests.map(({ target }) => target)
        expect([...new Set(asked)].sort()).toEqual([wheel, metadata, '/simple/nothing/', '/simple/six/'].sort())
        await expectRefusals()
        expect(pypi.requests).toHaveLength(asked.length)
    })

    test('a range of a file that is not cached', async () => {
        const part = { headers: { Range: 'bytes=0-2' } }
        expect((await ask(sdist!, strangers[0]!, part)).status).toBe(status)
        const answer = await ask(sdist!, friends[0]!, part)
        expect([answer.status, answer.body.toString()]).toEqual([206, 'six'])
    })

    test('nothing that a client has sent reaches the public index', () => {
        expect(pypi.requests.length).toBeGreaterThan(0)
        const secrets = [...friends, ...strangers].flatMap(({ headers = {} }) => Object.values(headers))
        for (const { headers } of pypi.requests) {
            const names = headers.map(([name]) => name.toLowerCase()).sort()
            expect(
                names.filter((name) => !/^(?:accept|connection|host|if-none-match|range|user-agent)$/.test(name)),
            ).toEqual([])
            for (const secret of secrets) expect(JSON.stringify(headers)).not.toContain(secret.split(' ')[1])
        }
    })

    /** As of private files. */
    const cacheControl = () => (options.allow === undefined ? 'private' : 'immutable')
})
