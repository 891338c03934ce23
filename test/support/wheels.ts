import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import { afterAll } from 'vitest'
import { ZipFile } from 'yazl'

/** A distribution to make; what is not given is ordinary. */
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

const epoch = new Date('2026-01-02T03:04:05Z')

/** A wheel that pip installs: one module that is called as the project. The same recipe gives the same bytes. */
export async function makeWheel(recipe: Recipe): Promise<{ filename: string; bytes: Buffer }> {
    const { version, tag = 'py3-none-any', build } = recipe
    const stem = `${escapedName(recipe)}-${version.replaceAll('-', '_')}`
    const distInfo = `${stem}.dist-info`
    const members = ordered({
        [`${moduleName(recipe)}/__init__.py`]: `version = ${JSON.stringify(version)}\n`,
        ...ballast(recipe),
        [`${distInfo}/METADATA`]: metadataOf(recipe),
        [`${distInfo}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
        ...recipe.members,
    })
    members.push([`${distInfo}/RECORD`, Buffer.from(members.map(recordLine).join('') + `${distInfo}/RECORD,,\n`)])
    return { filename: [stem, build, tag].filter(Boolean).join('-') + '.whl', bytes: await zip(members) }
}

/** An sdist that pip builds with the setuptools that are installed. */
export async function makeSdist(recipe: Recipe, format: 'tar.gz' | 'zip' = 'tar.gz') {
    const stem = `${escapedName(recipe)}-${recipe.version}`
    const setup = `from setuptools import setup\nsetup(name=${JSON.stringify(recipe.name)}, version=${JSON.stringify(recipe.version)}, packages=[${JSON.stringify(moduleName(recipe))}])\n`
    const members = ordered({
        [`${stem}/PKG-INFO`]: metadataOf(recipe),
        [`${stem}/setup.py`]: setup,
        [`${stem}/${moduleName(recipe)}/__init__.py`]: `version = ${JSON.stringify(recipe.version)}\n`,
        ...recipe.members,
    })
    return { filename: `${stem}.${format}`, bytes: await (format === 'zip' ? zip : tarball)(members) }
}

const folders: string[] = []
afterAll(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true }))))

/** A new folder, which goes with the test file. */
export async function temporaryFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'nginx-s3-pypi-test-'))
    folders.push(folder)
    return folder
}

/** Writes distributions into a new folder. @returns their paths */
export async function writeDistributions(...made: { filename: string; bytes: Buffer }[]): Promise<string[]> {
    const folder = await temporaryFolder()
    const paths = made.map(({ filename }) => join(folder, filename))
    await Promise.all(made.map(({ bytes }, position) => writeFile(paths[position]!, bytes)))
    return paths
}

/** Makes a wheel and writes it. @returns its path */
export async function wheelFile(recipe: Recipe): Promise<string> {
    return (await writeDistributions(await makeWheel(recipe)))[0]!
}

/** Makes an sdist and writes it. @returns its path */
export async function sdistFile(recipe: Recipe): Promise<string> {
    return (await writeDistributions(await makeSdist(recipe)))[0]!
}

/** A zip archive of these members. */
export async function zip(members: readonly (readonly [string, Buffer])[]): Promise<Buffer> {
    const archive = new ZipFile()
    for (const [name, bytes] of members) archive.addBuffer(bytes, name, { mtime: epoch, mode: 0o100644 })
    archive.end()
    return buffer(archive.outputStream)
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

function recordLine([name, bytes]: [string, Buffer]): string {
    return `${name},sha256=${createHash('sha256').update(bytes).digest('base64url')},${bytes.length}\n`
}
