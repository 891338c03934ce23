import { basename, dirname, resolve } from 'node:path'
import { UserError } from '../../core/user-error.js'
import { readText } from './read-text.js'
import { isPinned, parseDigest, parseRequirement, type Digest, type Wishes } from './wanted.js'

/** Of unpinned requirements in the error. */
const shownLines = 10

/**
 * Reads a requirements file, and those that it includes.
 *
 * Each requirement must be pinned: what an unpinned one means depends on the day and the Python.
 *
 * @throws UserError for an unpinned requirement, a line that is none, or a file that cannot be read
 * @see pip, "Requirements File Format"
 */
export async function readRequirements(path: string): Promise<Wishes> {
    const wishes: Wishes = { wanted: [], leftOut: [] }
    const unpinned: string[] = []
    await readInto(resolve(path), wishes, unpinned, new Set())
    if (unpinned.length > 0) {
        const more = unpinned.length > shownLines ? `\nand ${unpinned.length - shownLines} more` : ''
        throw new UserError(
            `not pinned to a version:\n${unpinned.slice(0, shownLines).join('\n')}${more}`,
            `Pin them, and mirror the result: uv pip compile --universal --generate-hashes ${path} -o locked.txt\n` +
                "To copy all versions that match, name the projects instead: manage-index mirror BUCKET --from URL 'acme>=2'",
        )
    }
    return wishes
}

async function readInto(path: string, wishes: Wishes, unpinned: string[], seen: Set<string>): Promise<void> {
    if (seen.has(path)) return
    seen.add(path)
    for (const { text, line } of logicalLines(await readText(path))) {
        const where = `${basename(path)}:${line}`
        const included = /^(?:-r|--requirement)[\s=]*(.+)$/.exec(text)?.[1]
        if (included !== undefined) {
            await readInto(
                resolve(dirname(path), included.trim().replace(/^(["'])(.*)\1$/, '$2')),
                wishes,
                unpinned,
                seen,
            )
            continue
        }
        if (/^(?:-e\b|--editable)|^[./~]|^[a-z][a-z0-9+]*:\/\/|^git\+/i.test(text)) {
            wishes.leftOut.push(`${where}: a path or a URL, not a file of an index`)
            continue
        }
        // Indexes, formats and constraints of an install.
        if (text.startsWith('-')) continue
        const { requirement, digests } = withoutOptions(text)
        const parsed = parseRequirement(requirement)
        if (parsed === undefined) {
            throw new UserError(`${where}: ${JSON.stringify(requirement)} is not a requirement`, 'Write NAME==VERSION.')
        }
        const { project, specifiers, specifierText } = parsed
        if (parsed.isDirect) wishes.leftOut.push(`${where}: ${project} comes from a URL, not from an index`)
        else if (!isPinned(specifiers)) unpinned.push(`${where}: ${requirement}`)
        else {
            const hashes = digests.length === 0 ? {} : { digests }
            wishes.wanted.push({ project, where, specifiers, specifierText, ...hashes })
        }
    }
}

/** Lines that a backslash continues are one. Comments and empty lines are dropped. */
function logicalLines(text: string): { text: string; line: number }[] {
    const found: { text: string; line: number }[] = []
    let pending = ''
    let start = 0
    const lines = text.split(/\r?\n/)
    lines.forEach((raw, index) => {
        if (pending === '') start = index + 1
        const isContinued = raw.endsWith('\\') && !raw.trimStart().startsWith('#')
        pending += isContinued ? raw.slice(0, -1) : raw
        if (isContinued && index + 1 < lines.length) return
        const content = pending.replace(/(?:^|\s)#.*$/, '').trim()
        if (content !== '') found.push({ text: content, line: start })
        pending = ''
    })
    return found
}

/** Takes the hashes and the other options of a requirement off. */
function withoutOptions(text: string): { requirement: string; digests: Digest[] } {
    const digests: Digest[] = []
    for (const [, value] of text.matchAll(/\s--hash[=\s]\s*(\S+)/g)) {
        const digest = parseDigest(value)
        if (digest) digests.push(digest)
    }
    return { requirement: text.replace(/\s--\w[^]*$/, '').trim(), digests }
}
