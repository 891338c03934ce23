import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { format } from 'prettier'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { reportAsText, writeReport, type Report } from '../../../bench/end-to-end/report.js'

const report: Report = {
    date: '2026-01-02',
    machine: '2 × a processor',
    nginx: '1.22.1',
    workers: 2,
    index: { projects: 1021, files: 24_000, largeProjectFiles: 5000, seed: 1 },
    s3: 'stand-in',
    loadGenerator: 'wrk',
    connections: 16,
    seconds: 5,
    requests: [
        {
            configuration: 'direct',
            kind: 'wheel',
            phase: 'cold',
            ...{ requests: 9000, seconds: 3, p50: 1.234, p99: 5.678, cpu: 123.4, memory: 20.4 },
        },
    ],
    pips: [],
    visible: [],
}

const page = `# Performance

Before.

<!-- end-to-end -->

| old |

<!-- /end-to-end -->

After.
`

let folder: string
beforeEach(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'end-to-end-report-'))))
afterEach(() => rm(folder, { recursive: true }))

test('a report takes the place between the marks, as Prettier would have it, and repeats to the byte', async () => {
    const file = path.join(folder, 'performance.md')
    await writeFile(file, page)
    await writeReport(report, folder)
    const written = await readFile(file, 'utf8')
    expect(written).toMatch(/^# Performance\n\nBefore\.\n\n<!-- end-to-end -->\n\n/)
    expect(written).toMatch(/\n\n<!-- \/end-to-end -->\n\nAfter\.\n$/)
    expect(written).toMatch(/\| direct \| wheel +\| cold +\| 9000 +\| 3000 +\| 1\.23 +\| 5\.68 +\| 123 +\| 20 +\|/)
    expect(written).not.toContain('| old |')
    expect(await format(written, { parser: 'markdown', tabWidth: 2, printWidth: 120 })).toBe(written)
    await writeReport(report, folder)
    expect(await readFile(file, 'utf8')).toBe(written)
})

test.each([
    ['no marks', 'Nothing.\n'],
    ['no end', '<!-- end-to-end -->\n'],
    ['an end before the begin', '<!-- /end-to-end -->\n<!-- end-to-end -->\n'],
    ['two places', page + page],
])('a page with %s is refused and stays', async (_name, text) => {
    await writeFile(path.join(folder, 'performance.md'), text)
    await expect(writeReport(report, folder)).rejects.toThrow('performance.md has not one <!-- end-to-end -->')
    expect(await readFile(path.join(folder, 'performance.md'), 'utf8')).toBe(text)
    await expect(readFile(path.join(folder, 'end-to-end.json'))).rejects.toThrow('ENOENT')
})

test('without a page there is the JSON alone', async () => {
    await writeReport(report, folder)
    expect(JSON.parse(await readFile(path.join(folder, 'end-to-end.json'), 'utf8'))).toEqual(report)
    await expect(readFile(path.join(folder, 'performance.md'))).rejects.toThrow('ENOENT')
})

test('a terminal gets a table for what was measured, and no other', () => {
    const text = reportAsText(report)
    expect(text).toMatch(/^direct +wheel +cold +9000 +3000 +1\.23 +5\.68 +123 +20$/m)
    expect(text).not.toContain('pip')
})
