import { once } from 'node:events'
import http from 'node:http'
import type { Distribution } from '../distributions/distributions.js'
import { encodeForm, uploadParts, type EncodedForm, type UploadAnswer } from './upload-form.js'

/** The uploader of the tests. */
export const uploader = { user: 'release-bot', password: 'p@ss%41&w$rd' }

/** Its line in a password file. */
export const uploaderLine = `${uploader.user}:{PLAIN}${uploader.password}\n`

/** A request with HTTP Basic authentication. */
export function basic({ user, password } = uploader): string {
    return 'Basic ' + Buffer.from(`${user}:${password}`).toString('base64')
}

/** Sends a form. @param options.headers in place of the usual; undefined leaves one out */
export async function sendForm(
    port: number,
    { contentType, body }: EncodedForm,
    options: { path?: string; method?: string; headers?: Record<string, string | undefined> } = {},
): Promise<UploadAnswer> {
    const { path = '/legacy/', method = 'POST' } = options
    const given = {
        Authorization: basic(),
        'Content-Type': contentType,
        'Content-Length': String(body.length),
        ...options.headers,
    }
    const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const outgoing = http.request({ host: '127.0.0.1', port, path, method, headers: headers as never, agent: false })
    outgoing.end(body)
    const [incoming] = (await once(outgoing, 'response')) as [http.IncomingMessage]
    const text = Buffer.concat(await incoming.toArray()).toString()
    return { status: incoming.statusCode!, reason: incoming.statusMessage!, headers: incoming.headers, text }
}

/** Uploads a file as clients do. @param changes see `uploadParts` */
export async function sendUpload(
    port: number,
    distribution: Distribution,
    changes: Record<string, string | null> = {},
): Promise<UploadAnswer> {
    return sendForm(port, encodeForm(uploadParts(distribution, changes)))
}
