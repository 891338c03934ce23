import { normalizeName } from './project-name.js'
import { normalizeVersion } from './version.js'

/** The parsed name of a wheel or an sdist. */
export interface DistributionName {
    kind: 'wheel' | 'sdist'
    /** Normalised. */
    project: string
    /** Normalised. */
    version: string
}

/** NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl. @see "Binary distribution format", "File name convention" */
const wheelName =
    /^([A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?)-([A-Za-z0-9_.!+]+)(?:-\d[A-Za-z0-9_.]*)?(?:-[A-Za-z0-9_.]+){3}\.whl$/
/**
 * Formats that pip accepts as an sdist. New sdists must be .tar.gz or .zip; the others remain on existing pages.
 * @see pip, utils/filetypes.py, ARCHIVE_EXTENSIONS; uv, SourceDistExtension
 */
const sdistName =
    /^([A-Za-z0-9][A-Za-z0-9._!+-]*?)\.(?:tar\.gz|zip|tgz|tar|tar\.bz2|tbz|tar\.xz|txz|tlz|tar\.lz|tar\.lzma|tar\.zst)$/

/**
 * Parses the name of a wheel or an sdist of a project.
 *
 * The end of the project name in an sdist's name is ambiguous: `my-project-1.0-1.tar.gz` was valid before PEP 625. So
 * the caller must know the project, from the metadata or the folder.
 *
 * @param project normalised
 * @returns undefined if the name or its version is invalid, or the file belongs to another project
 */
export function parseFileName(filename: string, project: string): DistributionName | undefined {
    if (filename.slice(-4) === '.whl') {
        const wheel = wheelName.exec(filename)
        if (wheel === null) return undefined
        // "-" separates the fields, so "_" stands for a "-" in the version.
        const version = normalizeVersion(wheel[2]!.split('_').join('-'))
        const matches = version !== undefined && normalizeName(wheel[1]!) === project
        return matches ? { kind: 'wheel', project, version } : undefined
    }
    const reading = sdistReadings(filename).find((reading) => reading.project === project)
    return reading && { kind: 'sdist', project, version: reading.version }
}

/** All possible meanings of an sdist's name: `my-2-1.tar.gz` is version 1 of `my-2`, or version 2.post1 of `my`. */
export function sdistReadings(filename: string): { project: string; version: string }[] {
    const stem = sdistName.exec(filename)?.[1] ?? ''
    const readings: { project: string; version: string }[] = []
    for (let hyphen = stem.indexOf('-'); hyphen > 0; hyphen = stem.indexOf('-', hyphen + 1)) {
        const version = normalizeVersion(stem.slice(hyphen + 1))
        if (version !== undefined) readings.push({ project: normalizeName(stem.slice(0, hyphen)), version })
    }
    return readings
}

/** The kind of a distribution, by its file extension. */
export function kindOf(filename: string): 'wheel' | 'sdist' | undefined {
    if (filename.endsWith('.whl')) return 'wheel'
    return /\.(?:tar\.gz|zip)$/.test(filename) ? 'sdist' : undefined
}

/** The cure for a file in another format. */
export function otherFormat(filename: string): string {
    if (/\.(?:egg|exe)$/i.test(filename)) {
        return `Current installers do not support it. Convert it with "python3 -m wheel convert ${filename}", or rebuild the project.`
    }
    if (/\.(?:tar|tar\.(?:bz2|xz|zst|lz|lzma|Z)|tgz|tbz2?|txz)$/i.test(filename)) {
        return 'An sdist is a .tar.gz file (PEP 625): rebuild it with "python3 -m build --sdist".'
    }
    return 'Publish .whl and .tar.gz files, or a folder with pyproject.toml or setup.py.'
}
