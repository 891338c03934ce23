import { createHash } from 'node:crypto'

/** A file on a page of PyPI; all keys, sorted, as Warehouse writes them. */
export interface PypiFile {
    'core-metadata': false | { sha256: string }
    'data-dist-info-metadata': false | { sha256: string }
    filename: string
    hashes: { sha256: string }
    provenance: string | null
    'requires-python': string | null
    size: number
    'upload-time': string
    url: string
    yanked: boolean | string
}

/** A page of PyPI. @see Warehouse, packaging/utils.py */
export interface PypiPage {
    'alternate-locations': string[]
    files: PypiFile[]
    meta: { '_last-serial': number; 'api-version': string }
    name: string
    'project-status': { status: string; reason?: string }
    versions: string[]
}

export const pypiFiles = 'https://files.pythonhosted.org/packages/'

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

/** @param uploadTime UTC, to the second or finer */
export function pypiFile(filename: string, uploadTime: string, other: Partial<PypiFile> = {}): PypiFile {
    const hash = digest(`path of ${filename}`)
    const metadata = filename.endsWith('.whl') ? { sha256: digest(`metadata of ${filename}`) } : (false as const)
    return {
        'core-metadata': metadata,
        'data-dist-info-metadata': metadata,
        filename,
        hashes: { sha256: digest(filename) },
        provenance: null,
        'requires-python': '>=3.9',
        size: filename.length * 1000,
        'upload-time': uploadTime,
        url: `${pypiFiles}${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash.slice(4)}/${filename}`,
        yanked: false,
        ...other,
    }
}

export function pypiPage(name: string, files: PypiFile[], other: Partial<PypiPage> = {}): PypiPage {
    return {
        'alternate-locations': [],
        files,
        meta: { '_last-serial': 27812345, 'api-version': '1.4' },
        name,
        'project-status': { status: 'active' },
        versions: [
            ...new Set(
                files.map(
                    ({ filename }) =>
                        String(filename)
                            .split('-')[1]
                            ?.replace(/\.tar\.gz$/, '') ?? '',
                ),
            ),
        ],
        ...other,
    }
}

/** The page as PyPI sends it: orjson writes no spaces, non-ASCII characters as they are, and a line break at the end. */
export function asSent(page: PypiPage): Buffer {
    return Buffer.from(JSON.stringify(page) + '\n')
}

/** A page with this many files: an sdist and nine wheels for each version, a version each day. @param start of the first */
export function largePage(name: string, fileCount: number, start = Date.UTC(2015, 0, 1)): PypiPage {
    const tags = ['cp39', 'cp310', 'cp311'].flatMap((python) =>
        ['manylinux_2_17_x86_64.manylinux2014_x86_64', 'macosx_11_0_arm64', 'win_amd64'].map(
            (platform) => `${python}-${python}-${platform}.whl`,
        ),
    )
    const endings = ['.tar.gz', ...tags.map((tag) => `-${tag}`)]
    const files = Array.from({ length: fileCount }, (_, index) => {
        const release = Math.floor(index / endings.length)
        const version = `1.${Math.floor(release / 50)}.${release % 50}`
        const time = new Date(start + release * 86_400_000 + 12_345_678).toISOString()
        const filename = `${name}-${version}${endings[index % endings.length]}`
        return pypiFile(filename, time.replace('Z', '901Z'), {
            provenance: index % 10 > 0 ? `https://pypi.org/integrity/${name}/${version}/${filename}/provenance` : null,
        })
    })
    return pypiPage(name, files)
}
