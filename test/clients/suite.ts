import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { describeWhere } from '../support/machine/requirements.js'
import { installed, lockAndInstall, run, startProject, wanted, type Client } from './client.js'
import { testRedirects } from './redirects.js'
import { expected, password, startPublicWorld, startWorld, user, type PublicWorld, type World } from './world.js'

const userinfo = `${user}:${encodeURIComponent(password)}`

/** The matrix: what each client has to be able to do. */
export function describeClients(clients: readonly Client[]): void {
    vi.setConfig({ testTimeout: 180_000 })
    let world: World
    let publicWorld: PublicWorld
    beforeAll(async () => {
        world = await startWorld()
        publicWorld = await startPublicWorld()
    })
    afterAll(async () => {
        await world.close()
        await publicWorld.close()
    })

    for (const client of clients) {
        describeWhere(client.name, client.missing, () => {
            beforeAll(() => client.prepare(), 300_000)
            testClient(client, () => world)
            testPublic(client, () => publicWorld)
            testRedirects(client)
        })
    }
}

function testPublic(client: Client, theWorld: () => PublicWorld): void {
    test('takes a public dependency through the index, and no namesake of a private project', async () => {
        const world = theWorld()
        const project = await startProject(client, world.url(userinfo), wanted(world, client))
        expect(await lockAndInstall(client, project, world)).toMatchObject({ succeeded: true })
        expect(await installed(client, project)).toEqual(expected)
        const lock = await readFile(path.join(project.folder, client.lockFile), 'utf8')
        expect(lock).toContain(world.hashes.public_dep)
        expect(lock).not.toContain(new URL(world.pypi.url).host)
        const asked = world.pypi.requests.map(({ target }) => target)
        expect(asked.filter((target) => !target.includes('public'))).toEqual([])
        // One for each object, for all clients together.
        expect(asked).toEqual([...new Set(asked)])
        for (const { header } of world.pypi.requests) {
            expect([header('user-agent'), header('authorization')]).toEqual(['nginx-s3-pypi', undefined])
        }
    })
}

function testClient(client: Client, theWorld: () => World): void {
    test('tells its version', async ({ task }) => {
        const project = await startProject(client, theWorld().url(), [])
        const { output } = await run(client, ['--version'], project, theWorld())
        const [version] = /\d+(?:\.\d+)+/.exec(output) ?? []
        expect(version, output).toBeDefined()
        task.meta.tested = { what: 'client', name: client.name, version: version! }
    })

    test('locks with hashes, installs, takes the public dependency from the fallback, and installs again', async () => {
        const world = theWorld()
        await world.asked()
        const first = await startProject(client, world.url(userinfo), wanted(world, client))
        expect(await lockAndInstall(client, first, world)).toMatchObject({ succeeded: true })
        expect(await installed(client, first)).toEqual(expected)
        const lock = await readFile(path.join(first.folder, client.lockFile), 'utf8')
        for (const sha256 of Object.values(world.hashes)) expect(lock).toContain(sha256)

        const asked = await world.asked()
        expect(asked.privately.map(({ user }) => user)).toContain(user)
        // A private name never went to the public index, and no password did.
        expect(asked.publicly.filter(({ project }) => project.startsWith('acme'))).toEqual([])
        expect(new Set(asked.publicly.map(({ user }) => user))).toEqual(new Set(['']))
        expect(asked.publicly.map(({ uri }) => uri)).toContainEqual(expect.stringMatching(/^\/simple\/public-dep\/.+/))

        // Elsewhere, as the same user.
        const second = await startProject(client, world.url(userinfo), wanted(world, client), first.home)
        expect(await lockAndInstall(client, second, world)).toMatchObject({ succeeded: true })
        expect(await installed(client, second)).toEqual(expected)
        const again = (await world.asked()).privately.filter(({ project }) => project.startsWith('acme'))
        expect(again).not.toEqual([])
        for (const request of again) {
            if (client.caches) expect(request.status, request.uri).toBe(304)
            // S3 is asked for a page whose time is over, and for no file.
            if (!request.uri.endsWith('/')) expect(request).toMatchObject({ cache: 'HIT' })
        }
    })

    test('refuses a file with another hash than the locked one', async () => {
        const world = theWorld()
        const project = await startProject(client, world.url(userinfo), wanted(world, client))
        if (client.lock) expect(await run(client, client.lock, project, world)).toMatchObject({ succeeded: true })
        const lockFile = path.join(project.folder, client.lockFile)
        const lock = await readFile(lockFile, 'utf8')
        await writeFile(lockFile, lock.replaceAll(world.hashes.acme_tools!, '0'.repeat(64)))
        expect(await run(client, client.install, project, world)).toMatchObject({ succeeded: false })
        await expect(installed(client, project)).rejects.toThrow('ENOENT')
    })

    test('takes the password from netrc, and is refused without one', async () => {
        const world = theWorld()
        const project = await startProject(client, world.url(), wanted(world, client))
        await world.asked()
        expect(await lockAndInstall(client, project, world)).toMatchObject({ succeeded: false })
        const refused = (await world.asked()).privately.map(({ status }) => status)
        expect(new Set(refused)).toEqual(new Set([401]))

        const netrc = `machine localhost\nlogin ${user}\npassword ${password}\n`
        const admitted = await startProject(client, world.url(), wanted(world, client))
        await writeFile(path.join(admitted.home, '.netrc'), netrc, { mode: 0o600 })
        expect(await lockAndInstall(client, admitted, world)).toMatchObject({ succeeded: true })
        expect(await installed(client, admitted)).toEqual(expected)
    })

    test('takes a token that reads: from the URL, netrc and its environment', async () => {
        const world = theWorld()
        const token = world.token()
        const login = `machine localhost\nlogin __token__\npassword ${token}\n`
        const ways: [url: string, netrc: string, client: Client][] = [
            [world.url(`__token__:${token}`), '', client],
            [world.url(), login, client],
        ]
        if (client.credentials) {
            const environment = { ...client.environment, ...client.credentials('__token__', token) }
            ways.push([world.url(), '', { ...client, environment }])
        }
        for (const [url, netrc, way] of ways) {
            await world.asked()
            const project = await startProject(way, url, wanted(world, way))
            if (netrc) await writeFile(path.join(project.home, '.netrc'), netrc, { mode: 0o600 })
            expect(await lockAndInstall(way, project, world)).toMatchObject({ succeeded: true })
            expect(await installed(way, project)).toEqual(expected)
            const { privately, publicly } = await world.asked()
            const known = privately.filter(({ status }) => status < 400)
            expect(new Set(known.map(({ user }) => user))).toEqual(new Set(['__token__']))
            expect(new Set(publicly.map(({ user }) => user))).toEqual(new Set(['']))
        }
    })

    test('is refused with a token that uploads, has expired, or is revoked', async () => {
        const world = theWorld()
        const past = Math.floor(Date.now() / 1000) - 60
        const tokens = {
            uploads: world.uploadToken(),
            expired: world.token({ expires: past }),
            revoked: world.token({ subject: world.revoked }),
        }
        for (const [name, token] of Object.entries(tokens)) {
            const project = await startProject(client, world.url(`__token__:${token}`), wanted(world, client))
            await world.asked()
            expect([name, await lockAndInstall(client, project, world)]).toMatchObject([name, { succeeded: false }])
            const statuses = (await world.asked()).privately.map(({ status }) => status)
            expect([name, new Set(statuses)]).toEqual([name, new Set([401])])
            await expect(installed(client, project)).rejects.toThrow('ENOENT')
        }
    })

    test('takes no public namesake of a private project that is not there', async () => {
        const world = theWorld()
        const missing = { name: 'acme-missing', specifier: '>=1', version: '99.0', sha256: '0'.repeat(64) }
        const project = await startProject(client, world.url(userinfo), [missing])
        await world.asked()
        expect(await lockAndInstall(client, project, world)).toMatchObject({ succeeded: false })
        const { privately, publicly } = await world.asked()
        expect(privately.find(({ project }) => project === 'acme-missing')).toMatchObject({ status: 404 })
        expect(publicly.filter(({ project }) => project.startsWith('acme'))).toEqual([])
    })
}
