import { withFiles, type FileEntry, type ProjectPage } from '../../../core/project-page.js'

/** A file of a page; a field that is not given is ordinary. */
export function fileEntry(filename: string, fields: Partial<FileEntry> = {}): FileEntry {
    return {
        filename,
        sha256: 'a'.repeat(64),
        size: 1234,
        uploadTime: '2026-01-02T03:04:05.000000Z',
        etag: undefined,
        requiresPython: undefined,
        coreMetadata: undefined,
        yanked: undefined,
        ...fields,
    }
}

/** The page of acme with these files. */
export function pageOf(files: FileEntry[], status: ProjectPage['status'] = { status: 'active' }): ProjectPage {
    return withFiles({ name: 'acme', status, files: [] }, files)
}
