import { posix } from 'node:path'
import type { Header } from 'tar-stream'
import { plainName } from './pkg-info.js'
import { quoted, refusal } from './refusal.js'

/** What pip and uv unpack, as tar-stream calls it. */
const kinds: (string | null)[] = ['file', 'contiguous-file', 'directory', 'symlink', 'link']

/** Fields of vendors that uv passes over; it refuses the archive for others. Source: uv, uv-extract/src/stream.rs */
const knownVendors = /^(?:[a-z]|SCHILY\.|LIBARCHIVE\.)/

/** Checks the members of a tar archive in their order: pip and uv unpack each, to a place inside the archive. */
export class TarMembers {
    /** As they are written. */
    readonly names: string[] = []
    /** By path without a slash at its end. */
    readonly #kinds = new Map<string, string>()

    /** @param file the name of the archive, for the message */
    constructor(private readonly file: string) {}

    /**
     * Takes the next member in.
     *
     * @returns its path inside the archive
     * @throws UserError for one that pip or uv would not unpack, or elsewhere
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
        if (vendor !== undefined) return `has a pax field ${quoted(vendor)}, for which uv refuses the archive`
        // Bytes that are no UTF-8 were replaced.
        if (/[\p{Cc}\ufffd]/u.test(name)) return 'has control characters in its name, or bytes that are not UTF-8'
        if (name.startsWith('/') || name.split('/').includes('..')) return 'leads out of the archive'
        if (name.includes('\\')) return 'has a "\\" in its name'
        if (this.#isBelowFile(name)) return 'lies in what is a file or a link'
        if (type === 'symlink' && leadsOut(name, linkname ?? '')) return 'leads out of the archive'
        if (type !== 'link') return undefined
        const target = withoutSlash(plainName(linkname ?? ''))
        if (leadsOut('', target)) return 'leads out of the archive'
        return this.#kinds.get(target) === 'file' ? undefined : 'is a link to a file that is not before it'
    }

    #isBelowFile(name: string): boolean {
        for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
            const kind = this.#kinds.get(name.slice(0, slash))
            if (kind !== undefined && kind !== 'directory') return true
        }
        return false
    }
}

/** Whether a link's target is outside of the archive, or of the top folder in which the link is. */
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
