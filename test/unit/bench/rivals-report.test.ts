import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { format } from 'prettier'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rivalsTables, writeRivalsReport, type RivalsReport } from '../../../bench/rivals/report.js'
import { toText } from '../../../bench/report.js'

const spread = (median: number) => ({ median, low: median - 0.1, high: median + 0.1 })
const report: RivalsReport = {
    date: '2026-01-02',
    machine: '2 × a processor',
    rounds: 9,
    seconds: 1,
    nginx: '1.22.1 (this machine)',
    workers: 2,
    reference: 'pypiron 1',
    pages: {
        requests: [
            {
                ...{ server: 'nginx-s3-pypi, cached', of: 'page of 4 files', bytes: 1812, encoding: 'gzip' },
                ...{ perSecond: spread(42_500), microseconds: spread(21) },
                ...{
                    throughput: spread(0.73),
                    ratio: spread(1.75),
                    calls: { pread64: 2, recvfrom: 1.1, futex: 0.01 },
                },
            },
            {
                ...{ server: 'peryx 1', of: 'page of 4 files', bytes: 2214, encoding: 'identity' },
                ...{ perSecond: spread(650), microseconds: spread(1656) },
            },
        ],
        missing: [{ name: 'devpi', reason: 'PyPI cannot be reached' }],
    },
    installs: {
        ...{ client: 'uv 1', clients: 4, installs: 8 },
        costs: [{ server: 'pypiron 1', perSecond: spread(5.25), milliseconds: spread(11.55) }],
        missing: [
            { name: 'devpi', reason: 'PyPI cannot be reached' },
            { name: 'nginx-s3-pypi, redirected', reason: 'generate-config has no option --delivery' },
        ],
    },
}

let folder: string
beforeEach(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'rivals-report-'))))
afterEach(() => rm(folder, { recursive: true }))

test('the tables show what was sent, the ratios, the frequent system calls and what is missing, once', () => {
    const text = toText(rivalsTables(report))
    expect(text).toMatch(/cached +1,812, gzip +42,500 +0\.73 \(0\.63 – 0\.83\) +21 +1\.75 \(1\.65 – 1\.85\)\n/)
    expect(text).toMatch(/peryx 1 +2,214 +650 +– +1,656 +–\n/)
    expect(text).toMatch(/page of 4 files +nginx-s3-pypi, cached +3\.1 +pread64 2\.0, recvfrom 1\.1\n/)
    expect(text.match(/PyPI cannot be reached/g)).toHaveLength(1)
    expect(text).toContain('generate-config has no option --delivery')
})

test('parts without figures have no table', () => {
    const { pages, installs } = report
    const empty = { pages: { ...pages, requests: [], missing: [] }, installs: { ...installs, costs: [], missing: [] } }
    expect(rivalsTables({ ...report, ...empty })).toEqual([])
})

test('the report takes its place in performance.md, as Prettier would have it', async () => {
    const file = path.join(folder, 'performance.md')
    await writeFile(file, '# Performance\n\n<!-- rivals -->\n\nbefore the run\n\n<!-- /rivals -->\n')
    await writeRivalsReport(report, folder)
    const written = await readFile(file, 'utf8')
    expect(written).toContain('### Installs')
    expect(written).not.toContain('before the run')
    expect(await format(written, { parser: 'markdown' })).toBe(written)
    expect(JSON.parse(await readFile(path.join(folder, 'rivals.json'), 'utf8'))).toEqual(report)
})

test('without the markers nothing is written', async () => {
    await writeFile(path.join(folder, 'performance.md'), '# Performance\n')
    await expect(writeRivalsReport(report, folder)).rejects.toThrow('<!-- rivals -->')
    await expect(readFile(path.join(folder, 'rivals.json'))).rejects.toThrow('ENOENT')
})
