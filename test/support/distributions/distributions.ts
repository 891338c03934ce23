import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import { temporaryFolder } from '../machine/temporary-folder.js'
import { makeZip, type ZipMember, type ZipOddities } from './zip-archive.js'

/** A wheel or an sdist. */
export interface Distribution {
    filename: string
    bytes: Buffer
}

/** A distribution to make; a field that is not given is ordinary. */
export interface Recipe {
    name: string
    version: string
    /** The project's part of the file's name. Default: as the specification escapes it. */
    escapedName?: string
    requiresPython?: string
    summary?: string
    /** Python, ABI and platform. */
    tag?: string
    build?: string
    /** The whole METADATA or PKG-INFO. */
    metadata?: string | Buffer
    /** More members, or others in place of the ordinary: null leaves one out. */
    members?: Record<string, string | Buffer | null>
    /** Bytes of a file that cannot be compressed. */
    ballast?: number
}

/** A wheel to make, and its faults. */
export interface WheelRecipe extends Recipe {
    /** How the members are packed: 8 deflated (default), 0 stored. */
    method?: 0 | 8
    /** Changes the members; the last one is RECORD, which is still empty. */
    edit?: (members: ZipMember[]) => ZipMember[]
    /** Changes the paths in RECORD. */
    record?: (paths: string[]) => string[]
    archive?: ZipOddities
}

const epoch = new Date('2026-01-02T03:04:05Z')

/** A wheel that pip installs: one module with the project's name. The same recipe gives the same bytes. */
export function makeWheel(recipe: WheelRecipe): Distribution {
    const { version, tag = 'py3-none-any', build, method = 8, edit = same, record = same } = recipe
    const stem = `${escapedName(recipe)}-${version.replaceAll('-', '_')}`
    const distInfo = `${stem}.dist-info`
    const files = ordered({
        [`${moduleName(recipe)}/__init__.py`]: `version = ${JSON.stringify(version)}\n`,
        ...ballast(recipe),
        [`${distInfo}/METADATA`]: metadataOf(recipe),
        [`${distInfo}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
        ...recipe.members,
        [`${distInfo}/RECORD`]: '',
    })
    const members = edit(files.map(([name, data]): ZipMember => ({ name, data, method })))
    const list = members.find(({ name }) => name === `${distInfo}/RECORD`)
    if (list?.data?.length === 0) list.data = recordOf(members, record)
    return { filename: [stem, build, tag].filter(Boolean).join('-') + '.whl', bytes: makeZip(members, recipe.archive) }
}

function same<Value>(value: Value): Value {
    return value
}

/** @see PyPA, "Recording installed projects", "The RECORD file" */
function recordOf(members: readonly ZipMember[], change: (paths: string[]) => string[]): string {
    const paths = new Set(members.map(({ name }) => String(name)).filter((name) => !name.endsWith('/')))
    const lines = change([...paths]).map((path) => {
        const data = Buffer.from((members.find(({ name }) => String(name) === path)?.data ?? '') as string)
        if (path.endsWith('/RECORD')) return `${path},,\n`
        const quoted = path.includes(',') || path.includes('"') ? `"${path.replaceAll('"', '""')}"` : path
        return `${quoted},sha256=${createHash('sha256').update(data).digest('base64url')},${data.length}\n`
    })
    return lines.join('')
}

/** An sdist that pip builds with the setuptools that are installed. */
export async function makeSdist(recipe: Recipe, format: 'tar.gz' | 'zip' = 'tar.gz'): Promise<Distribution> {
    const stem = `${escapedName(recipe)}-${recipe.version}`
    const setup = `from setuptools import setup\nsetup(name=${JSON.stringify(recipe.name)}, version=${JSON.stringify(recipe.version)}, packages=[${JSON.stringify(moduleName(recipe))}])\n`
    const members = ordered({
        [`${stem}/PKG-INFO`]: metadataOf(recipe),
        [`${stem}/setup.py`]: setup,
        [`${stem}/${moduleName(recipe)}/__init__.py`]: `version = ${JSON.stringify(recipe.version)}\n`,
        ...recipe.members,
    })
    const zip = () => makeZip(members.map(([name, data]) => ({ name, data, method: 8 })))
    return { filename: `${stem}.${format}`, bytes: format === 'zip' ? zip() : await tarball(members) }
}

/** Writes distributions into a new folder. @returns their paths */
export async function writeDistributions(...made: Distribution[]): Promise<string[]> {
    const folder = await temporaryFolder()
    const paths = made.map(({ filename }) => join(folder, filename))
    await Promise.all(made.map(({ bytes }, position) => writeFile(paths[position]!, bytes)))
    return paths
}

/** Makes a wheel and writes it. @returns its path */
export async function wheelFile(recipe: WheelRecipe): Promise<string> {
    return (await writeDistributions(makeWheel(recipe)))[0]!
}

/** Makes an sdist and writes it. @returns its path */
export async function sdistFile(recipe: Recipe): Promise<string> {
    return (await writeDistributions(await makeSdist(recipe)))[0]!
}

/** A .tar.gz of these members. */
export async function tarball(members: readonly (readonly [string, Buffer])[]): Promise<Buffer> {
    const archive = pack()
    for (const [name, bytes] of members) archive.entry({ name, mtime: epoch }, bytes)
    archive.finalize()
    return buffer(archive.pipe(createGzip()))
}

function metadataOf({ name, version, requiresPython, summary, metadata }: Recipe): Buffer {
    if (metadata !== undefined) return Buffer.from(metadata as string)
    const fields = [
        'Metadata-Version: 2.1',
        `Name: ${name}`,
        `Version: ${version}`,
        `Summary: ${summary ?? 'A tëst 日本'}`,
        ...(requiresPython === undefined ? [] : [`Requires-Python: ${requiresPython}`]),
    ]
    return Buffer.from(fields.join('\n') + '\n\nName: not a header\n')
}

function escapedName({ name, escapedName: given }: Recipe): string {
    return given ?? name.toLowerCase().replace(/[-_.]+/g, '_')
}

function moduleName({ name }: Recipe): string {
    return name.toLowerCase().replace(/[-_.]+/g, '_')
}

/** Bytes that look random, and are the same each time. */
function ballast({ ballast: size, ...recipe }: Recipe): Record<string, Buffer> {
    if (size === undefined) return {}
    const blocks = Array.from({ length: Math.ceil(size / 64) }, (_, block) =>
        createHash('sha512').update(String(block)).digest(),
    )
    return { [`${moduleName(recipe)}/ballast.bin`]: Buffer.concat(blocks).subarray(0, size) }
}

function ordered(members: Record<string, string | Buffer | null>): [string, Buffer][] {
    return Object.entries(members).flatMap(([name, content]): [string, Buffer][] =>
        content === null ? [] : [[name, Buffer.from(content as string)]],
    )
}
