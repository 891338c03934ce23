import { parseFileName } from '../file-name.js'
import { filesDocument, fileLine, versionLine } from '../html-document.js'
import type { OfferedFile } from '../offered-file.js'
import { normalizeName } from '../project-name.js'
import { parseStatus } from '../project-status.js'

/** A filtered page of the upstream index. Nothing but the URLs of its files has been checked. */
interface UpstreamPage {
    name: string
    'project-status'?: unknown
    files: { [name: string]: unknown }[]
}

/**
 * The lines of a page of the upstream index, in its order: newest last. Done in slices: `write` is called again until all files
 * are written.
 */
export class PublicHtml {
    private readonly page: UpstreamPage
    private readonly lines: string[] = []
    private version = ''
    private next = 0
    private readonly project: string

    /** @param json a page that `PageFilter` has filtered */
    constructor(json: string) {
        this.page = JSON.parse(json) as UpstreamPage
        this.project = normalizeName(this.page.name)
    }

    /** Writes some files. @returns whether all are written */
    write(maxFiles: number): boolean {
        const { files } = this.page
        for (let left = maxFiles; left > 0 && this.next < files.length; left--) {
            const file = offeredFile(files[this.next++]!)
            const parsed = parseFileName(file.filename, this.project)
            if (parsed !== undefined && parsed.version !== this.version) {
                this.version = parsed.version
                this.lines.push(versionLine(parsed.version))
            }
            this.lines.push(fileLine(file))
        }
        return this.next >= files.length
    }

    document(): string {
        return filesDocument(this.page.name, parseStatus(this.page['project-status'])!, this.lines)
    }
}

/** A file as the HTML of all pages is made. Values of wrong types are left out. */
function offeredFile(file: { [name: string]: unknown }): OfferedFile {
    const hashes = file.hashes as { sha256?: unknown } | null | undefined
    const metadata = 'core-metadata' in file ? file['core-metadata'] : file['data-dist-info-metadata']
    const yanked = file.yanked
    return {
        filename: text(file.filename)!,
        url: text(file.url),
        sha256: sha256(hashes),
        size: typeof file.size === 'number' && file.size >= 0 ? file.size : 0,
        uploadTime: text(file['upload-time']) || '',
        requiresPython: text(file['requires-python']),
        coreMetadata: metadata ? { sha256: sha256(metadata) } : undefined,
        provenance: text(file.provenance),
        yanked: yanked === true ? '' : text(yanked),
    }
}

function text(value: unknown): string | undefined {
    return typeof value === 'string' ? value : undefined
}

function sha256(hashes: unknown): string | undefined {
    const hash = hashes && (hashes as { sha256?: unknown }).sha256
    return typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash) ? hash : undefined
}
