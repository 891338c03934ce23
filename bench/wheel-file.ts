import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'

/** Writes a wheel with a member of so many bytes, in constant memory. @returns its path */
export async function writeWheel(folder: string, name: string, version: string, bytes: number): Promise<string> {
    const archive = new ZipFile()
    const block = randomBytes(1024 * 1024)
    const blocks = function* () {
        for (let left = bytes; left > 0; left -= block.length) yield block.subarray(0, left)
    }
    archive.addReadStream(Readable.from(blocks()), `${name}/ballast.bin`, { compress: false })
    const distInfo = `${name}-${version}.dist-info`
    const metadata = `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`
    archive.addBuffer(Buffer.from(metadata), `${distInfo}/METADATA`)
    archive.addBuffer(Buffer.from('Wheel-Version: 1.0\nTag: py3-none-any\n'), `${distInfo}/WHEEL`)
    archive.end()
    const path = join(folder, `${name}-${version}-py3-none-any.whl`)
    await pipeline(archive.outputStream, createWriteStream(path))
    return path
}
