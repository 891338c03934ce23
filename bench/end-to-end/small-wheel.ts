import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { ZipFile } from 'yazl'

/** A wheel in memory. */
export interface SmallWheel {
    /** Normalised name of its project. */
    project: string
    filename: string
    bytes: Buffer
    /** The METADATA in it. */
    metadata: Buffer
}

/**
 * Makes a wheel of some kilobytes that pip installs: one module and its RECORD. The same words give the same bytes.
 *
 * @param requires projects that it depends on, as Requires-Dist has them
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
    const record = members.map(([path, bytes]) => {
        const hash = createHash('sha256').update(bytes).digest('base64url')
        return `${path},sha256=${hash},${bytes.length}\n`
    })
    members.push([`${distInfo}/RECORD`, Buffer.from(`${record.join('')}${distInfo}/RECORD,,\n`)])
    const archive = new ZipFile()
    for (const [path, bytes] of members) {
        // To compress it would take longer than all the rest of an index.
        archive.addBuffer(bytes, path, { mtime: new Date(2026, 0, 1), mode: 0o100644, compress: false })
    }
    archive.end()
    return {
        project,
        filename: `${name}-${version}-py3-none-any.whl`,
        bytes: await buffer(archive.outputStream),
        metadata,
    }
}
