import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { workersOf } from '../../bench/measured-nginx.js'
import { withCachedIndex } from '../support/nginx/cached-index.js'
import type { Index } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'

const twoWorkers = (name: string, content: string) =>
    name === 'nginx.conf' ? content.replace(/worker_processes 1;/, 'worker_processes 2;') : content

const closing = (name: string, content: string) =>
    twoWorkers(name, content).replace(/^ *open_file_cache .*;$/m, '        open_file_cache off;')

/** The pages of the cache that a worker has open; one that was replaced is called "(deleted)". */
function openPages(worker: number): string[] {
    const targets = readdirSync(`/proc/${worker}/fd`).map((name) => {
        try {
            return readlinkSync(`/proc/${worker}/fd/${name}`)
        } catch {
            return '' // closed meanwhile
        }
    })
    return targets.filter((target) => target.includes('/pypi-pages/'))
}

/** Asks over many connections at once, which both workers take. @returns the pages, each once */
async function askBoth(index: Index): Promise<string[]> {
    const answers = await Promise.all(Array.from({ length: 40 }, () => request(index.port, '/demo/')))
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200))
    return [...new Set(answers.map(({ body }) => body.toString()))]
}

test('a page that workers keep open is the new one when one of them has replaced it', async () => {
    await withCachedIndex({ 'demo/index.html': 'old' }, { pageTtl: '1', edit: twoWorkers }, async (index, s3) => {
        const workers = await workersOf(index.folder, 2)
        await expect
            .poll(
                async () => {
                    expect(await askBoth(index)).toEqual(['old'])
                    return workers.map((worker) => openPages(worker).length)
                },
                { timeout: 10_000 },
            )
            .toEqual([1, 1])

        s3.objects['demo/index.html'] = 'new'
        await sleep(3_600) // longer than it may be served while it is renewed
        for (let round = 0; round < 10; round++) expect(await askBoth(index)).toEqual(['new'])
        // Neither keeps the file that was replaced.
        await expect
            .poll(
                async () => {
                    await askBoth(index)
                    return workers.flatMap(openPages).filter((page) => page.endsWith('(deleted)'))
                },
                { timeout: 10_000 },
            )
            .toEqual([])
    })
})

test('the twin: without it they open the page for each answer', async () => {
    await withCachedIndex({ 'demo/index.html': 'page' }, { edit: closing }, async (index) => {
        const workers = await workersOf(index.folder, 2)
        for (let round = 0; round < 10; round++) expect(await askBoth(index)).toEqual(['page'])
        // Closed a moment after the last answer; what stays open does so for 20 seconds at least.
        await expect.poll(() => workers.flatMap(openPages), { timeout: 5_000 }).toEqual([])
    })
})
