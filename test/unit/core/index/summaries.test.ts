import { expect, test } from 'vitest'
import { describedFile, summaryIn } from '../../../../core/index/summaries.js'
import { withFiles, type FileEntry } from '../../../../core/project-page.js'

const coreMetadata = { sha256: '0'.repeat(64) }

function chosen(status: string, ...files: (Partial<FileEntry> & { filename: string })[]): string | undefined {
    const entries = files.map((file) => ({ sha256: '', size: 1, coreMetadata, ...file }) as FileEntry)
    return describedFile(withFiles({ name: 'acme', status: { status }, files: [] }, entries))?.filename
}

const wheel = (version: string) => `acme-${version}-py3-none-any.whl`

test('the described file: of the newest version that installers choose', () => {
    const files = ['1.9', '1.10', '2.0rc1', '1.11.dev1'].map((version) => ({ filename: wheel(version) }))
    expect(chosen('active', ...files)).toBe(wheel('1.10'))
    expect(chosen('active', ...files, { filename: wheel('3.0'), yanked: '' })).toBe(wheel('1.10'))
    // A local version is no pre-release.
    expect(chosen('active', ...files, { filename: wheel('1.10+rc1') })).toBe(wheel('1.10+rc1'))
})

test('without a release: a pre-release, then a yanked version', () => {
    const yanked = { filename: wheel('3.0'), yanked: 'broken' }
    expect(chosen('active', yanked, { filename: wheel('1.0a1') })).toBe(wheel('1.0a1'))
    expect(chosen('active', yanked)).toBe(wheel('3.0'))
})

test('none without metadata, and none of a quarantined project', () => {
    expect(chosen('active', { filename: 'acme-1.0.tar.gz', coreMetadata: undefined })).toBeUndefined()
    expect(chosen('active')).toBeUndefined()
    expect(chosen('quarantined', { filename: wheel('1.0') })).toBeUndefined()
})

test.each([
    ['Name: a\nSummary: Tools for acme \nVersion: 1\n\ntext', 'Tools for acme'],
    ['Name: a\r\nsummary:Tools\r\n\r\ntext', 'Tools'],
    ['Name: a\n\nSummary: of the description', ''],
    ['Name: a\nSummary: UNKNOWN\n', ''],
    ['Name: a\nX-Summary: other\n', ''],
    [`Summary: ${'x'.repeat(1000)}\n`, 'x'.repeat(512)],
    ['', ''],
])('the summary in %j', (metadata, summary) => {
    expect(summaryIn(metadata)).toBe(summary)
})
