import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { open, stat, writeFile } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { wheelArchive, writeWheel } from '../wheels.js'

/** A file to upload. */
export interface Upload {
    project: string
    version: string
    /** Its name in the index. */
    filename: string
    path: string
    size: number
    /** Hex. */
    sha256: string
    /** More fields of the form. */
    fields?: Record<string, string>
}

const password = 'of-no-account'

/** The line of the uploader in a password file, and the header of requests. */
export const uploaderLine = `bench:{PLAIN}${password}\n`
export const authorization = `Basic ${Buffer.from(`bench:${password}`).toString('base64')}`

/** Uploads a file as twine does. @returns seconds @throws Error unless it is accepted */
export async function send(
    url: string,
    upload: Upload,
    options: { authorization?: string; signal?: AbortSignal } = {},
): Promise<number> {
    const boundary = 'b5f1d0a7c3e94286bench'
    const part = (name: string, value: string) =>
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
    const isWheel = upload.filename.endsWith('.whl')
    const fields: Record<string, string> = {
        ':action': 'file_upload',
        protocol_version: '1',
        metadata_version: '2.1',
        name: upload.project,
        version: upload.version,
        filetype: isWheel ? 'bdist_wheel' : 'sdist',
        pyversion: isWheel ? 'py3' : 'source',
        sha256_digest: upload.sha256,
        ...upload.fields,
    }
    const head = Buffer.from(
        Object.entries(fields)
            .map(([name, value]) => part(name, value))
            .join('') +
            `--${boundary}\r\nContent-Disposition: form-data; name="content"; filename="${upload.filename}"\r\n\r\n`,
    )
    const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
    const began = performance.now()
    const request = http.request(url, {
        method: 'POST',
        agent: false,
        headers: {
            Authorization: options.authorization ?? authorization,
            'Content-Type': `multipart/form-data; boundary=${boundary}`,
            'Content-Length': head.length + upload.size + tail.length,
        },
        ...(options.signal && { signal: options.signal }),
    })
    const answered = once(request, 'response') as Promise<[http.IncomingMessage]>
    request.write(head)
    await pipeline(createReadStream(upload.path, { highWaterMark: 1024 * 1024 }), request, { end: false })
    request.end(tail)
    const [answer] = await answered
    const text = (await buffer(answer)).toString()
    if (answer.statusCode !== 200) throw new Error(`${upload.filename} was answered with ${answer.statusCode}: ${text}`)
    return (performance.now() - began) / 1000
}

/** Describes a file. @param changes for another name */
export async function uploadOf(file: string, changes: Partial<Upload> = {}): Promise<Upload> {
    const filename = changes.filename ?? path.basename(file)
    const [name, version] = filename.replace(/\.tar\.gz$/, '').split('-') as [string, string]
    const hash = createHash('sha256')
    await pipeline(createReadStream(file), hash)
    const { size } = await stat(file)
    const sha256 = hash.digest('hex')
    return { project: name.replaceAll('_', '-'), version, filename, path: file, size, sha256, ...changes }
}

/** Writes a wheel with random files of so many bytes. */
export async function wheelOf(folder: string, name: string, version: string, bytes: number): Promise<Upload> {
    return uploadOf(await writeWheel(folder, name, version, bytes))
}

/** Writes a wheel of small members. @param metadata text below the fields; METADATA and RECORD are compressed */
export async function compressedWheel(
    folder: string,
    name: string,
    { members = 1, metadata = '' }: { members?: number; metadata?: string },
): Promise<Upload> {
    const distInfo = `${name}-1.0.dist-info`
    const file = path.join(folder, `${name}-1.0-py3-none-any.whl`)
    const modules = Array.from({ length: members }, (_, number): [string, Buffer] => [
        `${name}/package_${number % 100}/module_${number}.py`,
        Buffer.from(`number = ${number}\n`),
    ])
    const archive = wheelArchive(
        [
            ...modules,
            [`${distInfo}/METADATA`, Buffer.from(`Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n\n${metadata}`)],
            [`${distInfo}/WHEEL`, Buffer.from('Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n')],
        ],
        distInfo,
        (member) => member.startsWith(distInfo),
    )
    await writeFile(file, await buffer(archive))
    return uploadOf(file)
}

/** Writes a file that nginx takes for an sdist: it reads only its first bytes. @param bytes a multiple of 1 MB */
export async function largeSdist(folder: string, bytes: number): Promise<Upload> {
    const file = path.join(folder, 'large_sdist-1.0.tar.gz')
    const block = createHash('sha512').update('block').digest()
    const slice = Buffer.alloc(1_000_000, block)
    const handle = await open(file, 'w')
    for (let written = 0; written < bytes; written += slice.length) {
        const first = Buffer.from([0x1f, 0x8b, 8])
        await handle.write(written === 0 ? Buffer.concat([first, slice.subarray(3)]) : slice)
    }
    await handle.close()
    return uploadOf(file)
}

/** Text of so many bytes that deflates to about a third, as prose does. The same each time. */
export function prose(bytes: number): string {
    const words = Array.from({ length: 2000 }, (_, number) => createHash('md5').update(String(number)).digest('hex'))
    let text = ''
    for (let number = 1; text.length < bytes; number = (number * 48271) % 2147483647) {
        const word = words[number % words.length]!
        text += word.slice(0, 2 + (number % 9)) + (number % 13 === 0 ? '\n' : ' ')
    }
    return text.slice(0, bytes)
}
