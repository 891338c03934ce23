import { createHash, randomBytes } from 'node:crypto'
import type { Distribution } from '../distributions/distributions.js'

/** A part of a form. */
export interface FormPart {
    name: string
    value: string | Buffer
    filename?: string
}

/** A form as it goes over the wire. */
export interface EncodedForm {
    contentType: string
    body: Buffer
}

/** @see RFC 7578 */
export function encodeForm(parts: readonly FormPart[], boundary = randomBytes(16).toString('hex')): EncodedForm {
    const chunks = parts.flatMap(({ name, value, filename }) => [
        Buffer.from(
            `--${boundary}\r\nContent-Disposition: form-data; name="${name}"` +
                (filename === undefined ? '' : `; filename="${filename}"`) +
                '\r\n\r\n',
        ),
        Buffer.from(value as string),
        Buffer.from('\r\n'),
    ])
    const body = Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)])
    return { contentType: `multipart/form-data; boundary=${boundary}`, body }
}

/** The form of a file, as uv and twine send it. @param changes values by field; null leaves a field out */
export function uploadParts(
    { filename, bytes }: Distribution,
    changes: Record<string, string | null> = {},
): FormPart[] {
    const [name = '', version = ''] = filename.replace(/\.tar\.gz$/, '').split('-')
    const isWheel = filename.endsWith('.whl')
    const fields: Record<string, string | null> = {
        ':action': 'file_upload',
        protocol_version: '1',
        metadata_version: '2.1',
        name,
        version,
        filetype: isWheel ? 'bdist_wheel' : 'sdist',
        pyversion: isWheel ? 'py3' : 'source',
        sha256_digest: createHash('sha256').update(bytes).digest('hex'),
        md5_digest: createHash('md5').update(bytes).digest('hex'),
        ...changes,
    }
    return [
        ...Object.entries(fields).flatMap(([name, value]): FormPart[] => (value === null ? [] : [{ name, value }])),
        { name: 'content', filename, value: bytes },
    ]
}

/** An answer with what clients show of it. */
export interface UploadAnswer {
    status: number
    /** The reason phrase. */
    reason: string
    headers: Record<string, string | string[] | undefined>
    text: string
}
