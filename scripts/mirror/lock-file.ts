import { parse, TomlError } from 'smol-toml'
import { kindOf } from '../../core/file-name.js'
import { normalizeName } from '../../core/project-name.js'
import { normalizeVersion } from '../../core/version.js'
import { UserError } from '../../core/user-error.js'
import type { LockOrigin } from './lock-origin.js'
import { readText } from './read-text.js'
import { uploadTimeIn } from './source-page.js'
import { parseDigest, type Digest, type LockedFile, type Wanted, type Wishes } from './wanted.js'

/** A table of TOML, or an object of JSON. */
export type Table = Record<string, unknown>

/** A package in a lock, in a form that all locks have. */
interface LockedPackage {
    name: unknown
    version: unknown
    /** Undefined if the package is of an index: where else it is from. */
    elsewhere: string | undefined
    origin: LockOrigin
    files?: LockedFile[]
    digests?: Digest[]
}

/**
 * Reads a lock file of uv, poetry, pdm or pipenv, or pylock.toml. Its content tells which it is.
 *
 * @throws UserError if it is none, or in a version that this program does not know
 * @see PEP 751; the documentation of each tool
 */
export async function readLock(path: string): Promise<Wishes> {
    const root = parsed(await readText(path), path)
    const { wanted, leftOut }: Wishes = { wanted: [], leftOut: [] }
    for (const entry of lockedPackages(root, path)) {
        const { name: written, version, elsewhere } = entry
        if (typeof written !== 'string') throw new UserError(`${path} has a package without a name`, relock)
        const project = normalizeName(written)
        if (elsewhere !== undefined) {
            if (elsewhere !== 'itself') {
                leftOut.push(`${path}: ${project} comes from ${placeNames[elsewhere] ?? elsewhere}, not from an index`)
            }
            continue
        }
        if (typeof version !== 'string' || normalizeVersion(version) === undefined) {
            throw new UserError(`${path}: ${project} has no version`, relock)
        }
        wanted.push(asWanted(project, version, path, entry))
    }
    return { wanted, leftOut }
}

const relock = 'Make the lock file again with a current version of its tool.'

function asWanted(project: string, version: string, where: string, entry: LockedPackage): Wanted {
    const { origin, files, digests } = entry
    return {
        project,
        where,
        specifiers: [{ operator: '==', operand: version }],
        specifierText: `==${version}`,
        origin,
        ...(files && files.length > 0 ? { files } : {}),
        ...(digests && digests.length > 0 ? { digests } : {}),
    }
}

function parsed(text: string, path: string): Table {
    try {
        return text.trimStart().startsWith('{') ? (JSON.parse(text) as Table) : parse(text)
    } catch (error) {
        if (!(error instanceof SyntaxError) && !(error instanceof TomlError)) throw error
        throw new UserError(
            `${path} is neither TOML nor JSON: ${error.message.split('\n')[0]}`,
            'Name a requirements file with --requirements.',
        )
    }
}

function lockedPackages(root: Table, path: string): LockedPackage[] {
    const { metadata } = root
    const poetry = table(metadata)['lock-version']
    if (Array.isArray(root.packages) && typeof root['lock-version'] === 'string') {
        expectMajor(path, root['lock-version'], '1')
        return tables(root.packages).map(pylockPackage)
    }
    if (typeof root.version === 'number' && (root.package === undefined || Array.isArray(root.package))) {
        expectMajor(path, String(root.version), '1')
        return tables(root.package).map(uvPackage)
    }
    if (typeof poetry === 'string') return tables(root.package).map((entry) => poetryPackage(entry, root))
    if (table(metadata).lock_version !== undefined) return tables(root.package).map((entry) => pdmPackage(entry, root))
    if (typeof root._meta === 'object') return pipenvPackages(root)
    throw new UserError(
        `${path} is not a lock file of uv, poetry, pdm or pipenv, nor pylock.toml`,
        'Name a requirements file with --requirements.',
    )
}

function expectMajor(path: string, version: string, known: string): void {
    if (version.split('.')[0] === known) return
    throw new UserError(`${path} has version ${version}; ${known} is known`, 'Upgrade nginx-s3-pypi.')
}

/** What the tools call the places of packages that no index has. */
const placeNames: Record<string, string> = {
    ...{ vcs: 'a repository', git: 'a repository', hg: 'a repository', svn: 'a repository', bzr: 'a repository' },
    ...{ directory: 'a folder', editable: 'a folder', virtual: 'a folder' },
    ...{ path: 'a path', file: 'a file', url: 'a URL', archive: 'a URL' },
}

/** uv writes a normalised name where that of the index is another: the name in the URL is right. @see PEP 751 */
function pylockPackage(entry: Table): LockedPackage {
    const { name, version, index } = entry
    const elsewhere = ['vcs', 'directory', 'archive'].find((key) => entry[key] !== undefined)
    const listed = [...tables(entry.wheels), ...(entry.sdist === undefined ? [] : [table(entry.sdist)])]
    const files = listed.map(({ name: named, url, path, hashes, 'upload-time': uploaded }) => ({
        filename: typeof named === 'string' && !isDistribution(url) ? named : lastSegment(url ?? path),
        digests: Object.entries(table(hashes)).flatMap(([algorithm, hex]) => parseDigest(`${algorithm}:${hex}`) ?? []),
        uploadTime: uploadTimeIn(uploaded),
    }))
    return { name, version, elsewhere, origin: originOf(index, listed), files }
}

/** @see uv, crates/uv-resolver/src/lock */
function uvPackage({ name, version, source, wheels, sdist }: Table): LockedPackage {
    const { registry, virtual, editable } = table(source)
    const isRoot = virtual === '.' || editable === '.'
    const kind = isRoot ? 'itself' : (Object.keys(table(source))[0] ?? 'nowhere')
    const isIndex = typeof registry === 'string' && /^https?:/i.test(registry)
    const listed = [...tables(wheels), ...(sdist === undefined ? [] : [table(sdist)])]
    const files = listed.map(({ filename, url, path, hash, 'upload-time': uploaded }) => ({
        filename: typeof filename === 'string' ? filename : lastSegment(url ?? path),
        digests: [parseDigest(hash)].flatMap((digest) => digest ?? []),
        uploadTime: uploadTimeIn(uploaded),
    }))
    const elsewhere = isIndex ? undefined : kind === 'registry' ? 'directory' : kind
    return { name, version, elsewhere, origin: originOf(registry, listed), files }
}

/** Until lock-version 2.0, files were in `metadata.files`. Packages of PyPI have no source. */
function poetryPackage({ name, version, source, files }: Table, root: Table): LockedPackage {
    const { type, url } = table(source)
    const isIndex = type === undefined || type === 'legacy' || type === 'pypi'
    const older = table(table(root.metadata).files)[name as string]
    const elsewhere = isIndex ? undefined : String(type)
    return { name, version, elsewhere, origin: originOf(url, []), files: namedFiles(files ?? older) }
}

/** Until lock_version 4.0, files were in `metadata.files`, by `NAME VERSION`. With `static_urls`, files have URLs. */
function pdmPackage({ name, version, files, ...entry }: Table, root: Table): LockedPackage {
    const elsewhere = ['git', 'hg', 'svn', 'bzr', 'path', 'url'].find((key) => entry[key] !== undefined)
    const older = table(table(root.metadata).files)[`${String(name)} ${String(version)}`]
    const listed = tables(files ?? older)
    return { name, version, elsewhere, origin: originOf(undefined, listed), files: namedFiles(listed) }
}

function namedFiles(files: unknown): LockedFile[] {
    return tables(files).map(({ file, url, hash }) => ({
        filename: typeof file === 'string' ? file : lastSegment(url),
        digests: [parseDigest(hash)].flatMap((digest) => digest ?? []),
    }))
}

/** Pipfile.lock. It has hashes, but no names of files. The first source is that of packages without another. */
function pipenvPackages(root: Table): LockedPackage[] {
    const groups = Object.keys(root).filter((key) => key !== '_meta')
    const sources = tables(table(root._meta).sources)
    return groups.flatMap((group) =>
        Object.entries(table(root[group])).map(([name, value]) => {
            const { version, hashes, index, ...entry } = table(value)
            const elsewhere = ['git', 'hg', 'svn', 'bzr', 'path', 'file', 'editable'].find((key) => entry[key])
            const digests = (Array.isArray(hashes) ? hashes : []).flatMap((hash) => parseDigest(hash) ?? [])
            const pinned = typeof version === 'string' ? version.replace(/^={2,3}/, '') : version
            const source = index === undefined ? sources[0] : sources.find(({ name: known }) => known === index)
            return { name, version: pinned, elsewhere, origin: originOf(source?.url ?? index, []), digests }
        }),
    )
}

function originOf(index: unknown, files: readonly Table[]): LockOrigin {
    const urls = files.flatMap(({ url }) => (typeof url === 'string' ? [url] : []))
    return { index: typeof index === 'string' ? index : undefined, urls }
}

function isDistribution(url: unknown): boolean {
    return url !== undefined && kindOf(lastSegment(url)) !== undefined
}

function lastSegment(address: unknown): string {
    const path = String(address ?? '').split(/[?#]/)[0]!
    const segment = path.split(/[/\\]/).at(-1)!
    try {
        return decodeURIComponent(segment)
    } catch (error) {
        if (!(error instanceof URIError)) throw error
        return segment
    }
}

function table(value: unknown): Table {
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {}
}

function tables(value: unknown): Table[] {
    return Array.isArray(value) ? value.map(table) : []
}
