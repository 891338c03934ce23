import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'

/** A wheel in memory. */
export interface SmallWheel {
    /** The normalised name of the project. */
    project: string
    filename: string
    bytes: Buffer
    /** Its METADATA. */
    metadata: Buffer
}

/**
 * Makes a wheel of some kilobytes that pip can install. The same arguments give the same bytes.
 *
 * @param requires its dependencies, in the syntax of Requires-Dist
 * @see PyPA, "Binary distribution format"
 */
export async function smallWheel(project: string, version: string, requires: string[] = []): Promise<SmallWheel> {
    const name = project.replaceAll('-', '_')
    const distInfo = `${name}-${version}.dist-info`
    const metadata = Buffer.from(
        [
            'Metadata-Version: 2.1',
            `Name: ${project}`,
            `Version: ${version}`,
            'Summary: A small package that is there to be installed',
            'Requires-Python: >=3.8',
            ...requires.map((requirement) => `Requires-Dist: ${requirement}`),
            '',
            'What it does is told on many lines, as in most packages.\n'.repeat(20),
        ].join('\n'),
    )
    const members: [string, Buffer][] = [
        [`${name}/__init__.py`, Buffer.from(`version = "${version}"\n`)],
        [`${distInfo}/METADATA`, metadata],
        [`${distInfo}/WHEEL`, Buffer.from('Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n')],
    ]
    return {
        project,
        filename: `${name}-${version}-py3-none-any.whl`,
        bytes: await buffer(wheelArchive(members, distInfo)),
        metadata,
    }
}

/** Writes a wheel with random files of so many bytes together, in constant memory. @returns its path */
export async function writeWheel(folder: string, name: string, version: string, bytes: number): Promise<string> {
    const block = randomBytes(1024 * 1024)
    const distInfo = `${name}-${version}.dist-info`
    const members: [string, Buffer][] = []
    for (let left = bytes; left > 0; left -= block.length) {
        members.push([`${name}/ballast-${members.length}.bin`, block.subarray(0, left)])
    }
    members.push(
        [`${distInfo}/METADATA`, Buffer.from(`Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`)],
        [`${distInfo}/WHEEL`, Buffer.from('Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n')],
    )
    const path = join(folder, `${name}-${version}-py3-none-any.whl`)
    await pipeline(wheelArchive(members, distInfo), createWriteStream(path))
    return path
}

/** The archive of a wheel: its members and RECORD. @see PyPA, "Recording installed projects" */
export function wheelArchive(
    members: [path: string, bytes: Buffer][],
    distInfo: string,
    compress: (path: string) => boolean = () => false,
): NodeJS.ReadableStream {
    const lines = members.map(([path, bytes]) => {
        const hash = createHash('sha256').update(bytes).digest('base64url')
        return `${path},sha256=${hash},${bytes.length}\n`
    })
    const record = Buffer.from(`${lines.join('')}${distInfo}/RECORD,,\n`)
    const archive = new ZipFile()
    for (const [path, bytes] of [...members, [`${distInfo}/RECORD`, record] as const]) {
        archive.addBuffer(bytes, path, { mtime: new Date(2026, 0, 1), mode: 0o100644, compress: compress(path) })
    }
    archive.end()
    return archive.outputStream
}
