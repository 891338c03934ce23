import { createHash } from 'node:crypto'

/** A file on a page. */
export interface PublicFile {
    filename: string
    /** Hex. */
    sha256: string
    size: number
    /** Hex; of its METADATA. */
    metadataSha256: string
    requiresPython?: string
}

/** The path of a file below /packages/ of PyPI: a digest and the name. */
export function pathOf({ filename, sha256 }: PublicFile): string {
    return `${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256.slice(4)}/${filename}`
}

/** A file that is on a page only. @param number tells it from others of the project */
export function listedFile(project: string, number: number): PublicFile {
    const stem = `${project.replaceAll('-', '_')}-0.0.${Math.floor(number / 10)}`
    const python = 300 + (number % 10)
    const tags = `cp${python}-cp${python}-manylinux_2_17_x86_64.manylinux2014_x86_64`
    const filename = number % 10 === 0 ? `${stem}.tar.gz` : `${stem}-${tags}.whl`
    return {
        filename,
        sha256: sha256(`content of ${filename}`),
        size: 1000 + number,
        metadataSha256: sha256(`metadata of ${filename}`),
    }
}

/** The first file was uploaded then, the next ones a day after each other. */
const firstUpload = Date.UTC(2010, 0, 1)
const day = 86_400_000

/**
 * A JSON page with all keys, in the order and without the spaces of PyPI.
 *
 * @param filesUrl where the files are, with a slash at the end
 * @see Warehouse, packaging/utils.py
 */
export function publicPage(name: string, files: readonly PublicFile[], filesUrl: string): Buffer {
    const page = {
        'alternate-locations': [],
        files: files.map((file, number) => {
            const metadata = file.filename.endsWith('.whl') && { sha256: file.metadataSha256 }
            return {
                'core-metadata': metadata,
                'data-dist-info-metadata': metadata,
                filename: file.filename,
                hashes: { sha256: file.sha256 },
                provenance: `https://pypi.org/integrity/${name}/1.0/${file.filename}/provenance`,
                'requires-python': file.requiresPython ?? '>=3.8',
                size: file.size,
                'upload-time': new Date(firstUpload + number * day).toISOString().replace('Z', '901Z'),
                url: `${filesUrl}${pathOf(file)}`,
                yanked: false,
            }
        }),
        meta: { '_last-serial': 27812345, 'api-version': '1.4' },
        name,
        'project-status': { status: 'active' },
        versions: [...new Set(files.map(({ filename }) => filename.replace(/\.tar\.gz$/, '').split('-')[1]!))],
    }
    return Buffer.from(`${JSON.stringify(page)}\n`)
}

export function sha256(content: string | Buffer): string {
    return createHash('sha256').update(content).digest('hex')
}
