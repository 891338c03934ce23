import { posix } from 'node:path'
import type { Header } from 'tar-stream'
import { plainName } from '../../core/distribution/pkg-info.js'
import { quoted, refusal } from '../../core/distribution/refusal.js'

/** Member types that pip and uv unpack, as named by tar-stream. */
const kinds: (string | null)[] = ['file', 'contiguous-file', 'directory', 'symlink', 'link']

/** pax fields that uv accepts; it rejects archives with others. Source: uv, uv-extract/src/stream.rs */
const knownVendors = /^(?:[a-z]|SCHILY\.|LIBARCHIVE\.)/

/** Checks the members of a tar archive in order: pip and uv must unpack each one, and inside the target folder. */
export class TarMembers {
    /** As in the archive. */
    readonly names: string[] = []
    /** Types by path, without a trailing slash. */
    readonly #kinds = new Map<string, string>()

    /** @param file archive name for error messages */
    constructor(private readonly file: string) {}

    /**
     * Checks and adds the next member.
     *
     * @returns its path inside the archive
     * @throws UserError if pip or uv would reject the member or unpack it outside the target folder
     */
    add(header: Header): string {
        const name = plainName(header.name)
        const problem = this.#problem(header, name)
        if (problem !== undefined) throw refusal(this.file, `its member ${quoted(header.name)} ${problem}`)
        this.names.push(header.name)
        this.#kinds.set(withoutSlash(name), header.type!)
        return name
    }

    #problem(header: Header, name: string): string | undefined {
        const { type = null, linkname } = header
        const pax = Object.keys((header as { pax?: object | null }).pax ?? {})
        if (pax.some((key) => key.startsWith('GNU.sparse.'))) return 'is sparse'
        if (!kinds.includes(type)) return 'is neither a file nor a folder nor a link'
        const vendor = pax.find((key) => !knownVendors.test(key))
        if (vendor !== undefined) return `has a pax field ${quoted(vendor)}, so uv refuses the archive`
        // The decoder replaces invalid UTF-8 with U+FFFD.
        if (/[\p{Cc}\ufffd]/u.test(name)) return 'has control characters in its name, or bytes that are not UTF-8'
        if (name.startsWith('/') || name.split('/').includes('..')) return 'leads out of the archive'
        if (name.includes('\\')) return 'has a "\\" in its name'
        if (this.#isBelowFile(name)) return 'is inside a file or a link'
        if (type === 'symlink' && leadsOut(name, linkname ?? '')) return 'leads out of the archive'
        if (type !== 'link') return undefined
        const target = withoutSlash(plainName(linkname ?? ''))
        if (leadsOut('', target)) return 'leads out of the archive'
        return this.#kinds.get(target) === 'file' ? undefined : 'is a link to a file that does not precede it'
    }

    #isBelowFile(name: string): boolean {
        for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
            const kind = this.#kinds.get(name.slice(0, slash))
            if (kind !== undefined && kind !== 'directory') return true
        }
        return false
    }
}

/** Whether a link's target is outside the archive, or outside the link's own top folder. */
function leadsOut(name: string, target: string): boolean {
    if (target.startsWith('/') || target.includes('\\')) return true
    const path = posix.join(posix.dirname(name), target)
    if (/^\.\.(?:\/|$)/.test(path)) return true
    const [top, ...below] = name.split('/')
    return below.length > 0 && path.split('/', 1)[0] !== top
}

function withoutSlash(name: string): string {
    return name.replace(/\/+$/, '')
}
