import { createHash } from 'node:crypto'
import type { Distribution } from '../distributions/distributions.js'
import { publish } from '../nginx/public-index.js'
import type { PypiServer } from '../upstreams/pypi-server.js'
import { pypiFile, pypiPage, type PypiFile, type PypiPage } from './pypi-page.js'

/** When the files of a local PyPI were uploaded. */
export const uploaded = '2020-01-02T03:04:05.678901Z'

/** A file that pip installs, and what its page says otherwise. */
export type Offer = Distribution & { other?: Partial<PypiFile> }

/** Puts real files of one project on a local PyPI. */
export function offer(pypi: PypiServer, project: string, files: Offer[], other: Partial<PypiPage> = {}): PypiPage {
    const entries = files.map(({ filename, bytes, other = {} }) =>
        pypiFile(filename, uploaded, {
            hashes: { sha256: sha256Of(bytes) },
            size: bytes.length,
            'requires-python': null,
            ...other,
        }),
    )
    const page = pypiPage(project, entries, other)
    publish(pypi, page)
    files.forEach(({ bytes }, index) => {
        pypi.files[entries[index]!.url.split('/packages/')[1]!] = bytes
    })
    return page
}

export function sha256Of(bytes: Buffer): string {
    return createHash('sha256').update(bytes).digest('hex')
}
