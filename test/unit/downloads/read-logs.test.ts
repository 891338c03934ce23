import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { readLogs, type Cursor } from '../../../scripts/downloads/read-logs.js'
import { logLine, type LoggedRequest } from '../../support/logs/access-log.js'
import { temporaryFolder } from '../../support/machine/temporary-folder.js'

let folder: string
beforeEach(async () => {
    folder = await temporaryFolder()
})

async function log(content: string | Buffer, name = 'access.log'): Promise<string> {
    const file = path.join(folder, name)
    await writeFile(file, content)
    return file
}

async function downloadsOf(...requests: LoggedRequest[]): Promise<number> {
    const { counts } = await readLogs([await log(requests.map(logLine).join(''))])
    return counts.downloads
}

test.each<[what: string, request: LoggedRequest, downloads: number]>([
    ['a wheel', {}, 1],
    ['an sdist', { uri: '/acme/acme-1.0.tar.gz' }, 1],
    ['a file in another spelling of the path', { uri: '/simple/acme/acme-1.0%2Blocal-py3-none-any.whl?x=1' }, 1],
    ['a redirect to S3', { status: 302 }, 1],
    ['a range', { status: 206 }, 1],
    ['HEAD', { method: 'HEAD' }, 0],
    ['not modified', { status: 304 }, 0],
    ['an unnormalized name, redirected', { status: 301 }, 0],
    ['a missing file', { status: 404 }, 0],
    ['a refused range', { status: 416 }, 0],
    ['metadata', { uri: '/simple/acme/acme-1.0-py3-none-any.whl.metadata' }, 0],
    ['attestations', { uri: '/simple/acme/acme-1.0-py3-none-any.whl.provenance' }, 0],
    ['a page', { uri: '/simple/acme/' }, 0],
    ['the list of projects', { uri: '/simple/', project: '' }, 0],
    ['a file of another project', { project: 'other', uri: '/simple/acme/acme-1.0.tar.gz' }, 0],
    ['an upload', { method: 'POST', uri: '/legacy/', project: '' }, 0],
    ['a path that cannot be decoded', { uri: '/simple/acme/%ff-1.0.tar.gz' }, 0],
    ['a project whose name is not one', { project: '__proto__', uri: '/__proto__/__proto__-1.0.tar.gz' }, 0],
])('%s: %j counts %i', async (_what, request, downloads) => {
    expect(await downloadsOf(request)).toBe(downloads)
})

test.each<[what: string, requests: LoggedRequest[], downloads: number]>([
    ['two whole files', [{}, {}], 2],
    ['ranges of one file', [{ status: 206 }, { status: 206 }, { status: 206 }], 1],
    ['a resumed download', [{}, { status: 206 }], 1],
    ['a range for the metadata, then the file', [{ status: 206 }, {}], 1],
    ['and once more the file', [{ status: 206 }, {}, {}], 2],
    ['ranges of two clients', [{ status: 206 }, { status: 206, client: '10.0.0.2' }], 2],
    ['ranges on two days', [{ status: 206 }, { status: 206, time: '2026-11-28T10:00:00+00:00' }], 2],
    ['ranges of two files', [{ status: 206 }, { status: 206, uri: '/acme/acme-1.0.tar.gz' }], 2],
])('%s', async (_what, requests, downloads) => {
    expect(await downloadsOf(...requests)).toBe(downloads)
})

test('counts by project, version, day, installer and Python', async () => {
    const file = await log(
        logLine() +
            logLine({ uri: '/acme/acme-2.0.tar.gz', user_agent: 'uv/0.9 {"python":"3.13.1"}' }) +
            logLine({ project: 'other', time: '2026-11-28T00:00:01+01:00', user_agent: 'x' }),
    )
    const { counts } = await readLogs([file])
    expect(Object.fromEntries(counts.days)).toEqual({ '2026-11-27': 2, '2026-11-28': 1 })
    expect(Object.fromEntries(counts.installers)).toEqual({ pip: 1, uv: 1, other: 1 })
    expect(Object.fromEntries(counts.pythons)).toEqual({ '3.12': 1, '3.13': 1, unknown: 1 })
    expect(Object.fromEntries(counts.projects.get('acme')!.versions)).toEqual({ '1.0': 1, '2.0': 1 })
    expect([...counts.projects.keys()]).toEqual(['acme', 'other'])
})

test('foreign lines are reported, and an incomplete last line waits', async () => {
    const foreign = '127.0.0.1 - - [27/Nov/2026] "GET / HTTP/1.1" 200 1\n{"time":1}\n{"time":"x"}\n\x00\xff\n'
    const broken = logLine().replace('"method":"GET"', '"method":GET')
    const file = await log(foreign + logLine() + broken + logLine().slice(0, -20))
    const { counts, reports } = await readLogs([file])
    expect(counts.downloads).toBe(1)
    expect(reports[0]).toMatchObject({ lines: 1, foreign: 5 })
    expect(reports[0]!.incomplete).toBeGreaterThan(100)
})

test('several logs, plain and compressed, also in several members', async () => {
    const plain = await log(logLine(), 'a.log')
    const zipped = await log(Buffer.concat([gzipSync(logLine()), gzipSync(logLine())]), 'b.log')
    const { counts, reports } = await readLogs([plain, zipped])
    expect(counts.downloads).toBe(3)
    expect(reports.map(({ downloads }) => downloads)).toEqual([1, 2])
})

test('one log twice is refused, also if it is compressed', async () => {
    const text = logLine() + logLine()
    const files = [await log(text, 'a'), await log(gzipSync(text), 'a.gz')]
    await expect(readLogs(files)).rejects.toThrow(/begin with the same line/)
})

describe('after an earlier run', () => {
    const read = async (file: string, cursors: readonly Cursor[]) => {
        const earlier = new Map(cursors.map((cursor) => [cursor.first, cursor]))
        return readLogs([file], { earlier })
    }

    test.each([
        ['the same log', (text: string) => text, 0],
        ['the same log, compressed', (text: string) => gzipSync(text), 0],
        ['a log that goes on', (text: string) => text + logLine() + logLine(), 2],
        ['a log that goes on, compressed', (text: string) => gzipSync(text + logLine()), 1],
        ['a shorter copy', (text: string) => text.split('\n').slice(0, 5).join('\n') + '\n', 0],
        ['a new log', () => logLine(), 1],
    ])('%s', async (_what, changed, downloads) => {
        const text = Array.from({ length: 20 }, () => logLine()).join('')
        const { cursors, counts } = await readLogs([await log(text)])
        expect(counts.downloads).toBe(20)
        const content = changed(text)
        const next = await read(await log(content), cursors)
        expect(next.counts.downloads).toBe(downloads)
        // A third run finds nothing new.
        const known = [...cursors.filter(({ first }) => first !== next.cursors[0]!.first), ...next.cursors]
        expect((await read(await log(content), known)).counts.downloads).toBe(0)
    })

    test('a line that was incomplete is counted once, when it is complete', async () => {
        const [first, second] = [logLine(), logLine()]
        const { cursors, counts } = await readLogs([await log(first + second.slice(0, 50))])
        expect(counts.downloads).toBe(1)
        expect((await read(await log(first + second), cursors)).counts.downloads).toBe(1)
    })

    test('a log that was filtered is refused', async () => {
        const lines = Array.from({ length: 20 }, () => logLine())
        const { cursors } = await readLogs([await log(lines.join(''))])
        const filtered = lines.filter((_line, at) => at % 3 === 0).join('') + lines.map(() => logLine()).join('')
        await expect(read(await log(filtered), cursors)).rejects.toThrow(/goes on differently/)
    })
})

test.each([
    ['cut off', gzipSync(logLine().repeat(1000)).subarray(0, 200), /middle of its compressed data/],
    ['damaged', Buffer.concat([gzipSync(logLine()).subarray(0, 30), Buffer.alloc(500, 7)]), /damaged/],
    ['no text', Buffer.alloc(3 * 1024 * 1024, 1), /no log/],
    ['of zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), /compressed by zstd/],
])('a log that is %s is refused', async (_what, content, message) => {
    await expect(readLogs([await log(content)])).rejects.toThrow(message)
})

test('an empty log', async () => {
    const { counts, cursors } = await readLogs([await log('')])
    expect([counts.downloads, cursors]).toEqual([0, []])
})
