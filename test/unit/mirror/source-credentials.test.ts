import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findCredentials, parseIndexUrl, parseNetrc } from '../../../scripts/mirror/source-credentials.js'
import { temporaryFolder } from '../../support/machine/temporary-folder.js'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

test('netrc: machines, default, quotes, comments, macros, one line', () => {
    const found = parseNetrc(
        '# machine no login no password no\nmachine a.example login u password p#1\nmachine b.example\n\tlogin "q u"\n' +
            '\tpassword "a\\"b"\nmacdef init\nmachine c.example login x password y\n\nmachine d.example login machine password login\n' +
            'default login anonymous password none\n',
    )
    expect([...found]).toEqual([
        ['a.example', { user: 'u', password: 'p#1' }],
        ['b.example', { user: 'q u', password: 'a"b' }],
        ['d.example', { user: 'machine', password: 'login' }],
        ['', { user: 'anonymous', password: 'none' }],
    ])
})

test('credentials go to their host only: of the URL, then the environment, then netrc', async () => {
    const folder = await temporaryFolder()
    const netrc = join(folder, 'netrc')
    await writeFile(netrc, 'machine index.example login n password n\nmachine files.example login f password f\n')
    const authorization = async (from: string, environment: NodeJS.ProcessEnv, url: string) =>
        (await findCredentials(parseIndexUrl(from), { NETRC: netrc, ...environment })).authorization(new URL(url))
    const own = { MIRROR_USERNAME: 'e', MIRROR_PASSWORD: 'e' }
    const at = 'https://index.example/x'
    expect(await authorization('https://u%40:p%2F@index.example/simple', own, at)).toBe(basic('u@:p/'))
    expect(await authorization('https://index.example/simple', own, at)).toBe(basic('e:e'))
    expect(await authorization('https://index.example/simple', {}, at)).toBe(basic('n:n'))
    expect(await authorization('https://index.example/simple', own, 'https://files.example/x')).toBe(basic('f:f'))
    for (const other of ['https://evil.example/x', 'https://index.example:8443/x', 'http://sub.index.example/x']) {
        expect(await authorization('https://u:p@index.example/', { NETRC: '/dev/null', ...own }, other)).toBeUndefined()
    }
})

test('without TLS, nothing of netrc is sent, except to the source', async () => {
    const netrc = join(await temporaryFolder(), 'netrc')
    await writeFile(netrc, 'machine index.example login n password n\ndefault login d password d\n')
    const authorization = async (from: string, url: string) =>
        (await findCredentials(parseIndexUrl(from), { NETRC: netrc })).authorization(new URL(url))
    for (const from of ['https://index.example/', 'http://index.example:8080/', 'https://u:p@index.example/']) {
        expect(await authorization(from, 'http://index.example/a.whl')).toBeUndefined()
        expect(await authorization(from, 'http://other.example/a.whl')).toBeUndefined()
    }
    expect(await authorization('http://index.example/', 'http://index.example/a.whl')).toBe(basic('n:n'))
    expect(await authorization('https://x.example/', 'https://index.example/a.whl')).toBe(basic('n:n'))
    expect(await authorization('https://x.example/', 'https://other.example/a.whl')).toBe(basic('d:d'))
})

test('half of the credentials, or a netrc that is not there, is refused', async () => {
    const source = parseIndexUrl('https://index.example/')
    await expect(findCredentials(source, { MIRROR_USERNAME: 'e' })).rejects.toThrow('MIRROR_PASSWORD is not set')
    await expect(findCredentials(source, { NETRC: '/nowhere' })).rejects.toThrow('/nowhere cannot be read')
})

test.each(['ftp://x/', 'x', 'https://', 'https://x/?a', 'https://x/#a', 'https://u:secret@x/ y', 'https://u:secret@/'])(
    '%s is no index, and no message has its password',
    (text) => {
        let message = ''
        try {
            parseIndexUrl(text)
        } catch (error) {
            message = (error as Error).message
        }
        expect(message).toContain('is not the URL of a package index')
        expect(message).not.toContain('secret')
    },
)
