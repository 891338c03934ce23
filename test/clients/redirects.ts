import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redirectedClients } from '../../scripts/config/delivery.js'
import { installed, lockAndInstall, startProject, wanted, type Client } from './client.js'
import { handMade, startRedirectWorld, type RedirectWorld } from './redirect-world.js'
import { expected, password, user } from './world.js'

const userinfo = `${user}:${encodeURIComponent(password)}`

/** For several installations one after the other. Milliseconds. */
const timeout = 600_000

/** What each client has to be able to do where files come from S3. */
export function testRedirects(client: Client): void {
    describe('where files are redirected to S3', () => {
        let world: RedirectWorld
        beforeAll(async () => {
            world = await startRedirectWorld()
        })
        afterAll(() => world.close())

        async function install(url: string, home?: string) {
            const project = await startProject(client, url, wanted(world, client), home)
            await world.asked()
            expect(await lockAndInstall(client, project, world)).toMatchObject({ succeeded: true })
            expect(await installed(client, project)).toEqual(expected)
            const lock = await readFile(path.join(project.folder, client.lockFile), 'utf8')
            expect(lock).not.toContain('X-Amz-')
            return project
        }

        /** Files that S3 was asked for, without those that S3 only confirmed. */
        const filesOf = ({ s3 }: Awaited<ReturnType<RedirectWorld['asked']>>) => {
            for (const { authorization } of s3) expect(authorization).toBe('undefined')
            return s3.filter(({ status }) => status !== 304).map(({ target }) => target.replace(/\?.*/, ''))
        }

        test(
            'installs with a password, which S3 never sees; again from its cache; again by another URL',
            async () => {
                const url = world.url(userinfo)
                const first = await install(url)
                const asked = await world.asked()
                expect(new Set(filesOf(asked)).size).toBe(3)
                const redirected = asked.index.filter(({ status }) => status === 302)
                expect(new Set(redirected.map((request) => request.user))).toEqual(new Set([user]))
                const [agent] = redirected.map((request) => request.user_agent)
                // auto redirects those whose caches gain nothing from a URL that stays.
                const isListed = redirectedClients.some((pattern) => new RegExp(pattern.slice(1)).test(agent!))
                expect(isListed, agent).toBe(client.keepsByAddress === true && !client.anonymous)

                await install(url, first.home)
                if (client.caches) expect(filesOf(await world.asked())).toEqual([])

                await world.rotate()
                await install(url, first.home)
                const again = filesOf(await world.asked())
                expect(new Set(again).size, String(again)).toBe(client.keepsByAddress ? 0 : 3)
            },
            timeout,
        )

        test(
            'installs with the password of netrc, and without one where none is asked for',
            async () => {
                const project = await startProject(client, world.url(), wanted(world, client))
                await world.asked()
                expect(await lockAndInstall(client, project, world)).toMatchObject({ succeeded: false })
                expect(filesOf(await world.asked())).toEqual([])

                const netrc = `machine localhost\nlogin ${user}\npassword ${password}\n`
                await writeFile(path.join(project.home, '.netrc'), netrc, { mode: 0o600 })
                await install(world.url(), project.home)
                expect(filesOf(await world.asked())).not.toEqual([])

                await install(world.openUrl)
                expect(filesOf(await world.asked())).not.toEqual([])
            },
            timeout,
        )

        // pip's requirements need hashes, which are those of the other packages.
        if (client.lock)
            test(
                'locks a wheel without .metadata, which uv reads in ranges through nginx',
                async () => {
                    const { name, version } = handMade
                    const project = await startProject(client, world.openUrl, [
                        { name, specifier: `==${version}`, version, sha256: '' },
                    ])
                    await world.asked()
                    expect(await lockAndInstall(client, project, world)).toMatchObject({ succeeded: true })
                    const asked = await world.asked()
                    expect(filesOf(asked).length).toBeGreaterThan(0)
                    // uv follows no redirect for a range, and would read the whole wheel instead.
                    if (client.name === 'uv') expect(asked.index.map(({ status }) => status)).toContain(206)
                },
                timeout,
            )
    })
}
