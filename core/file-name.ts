import { normalizeName } from './project-name.js'
import { normalizeVersion } from './version.js'

/** What the name of a wheel or an sdist says. */
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
 * What pip takes for an sdist. A new one is published as .tar.gz or .zip; the others are on pages of before, where they
 * stay. @see pip, utils/filetypes.py, ARCHIVE_EXTENSIONS; uv, SourceDistExtension
 */
const sdistName =
    /^([A-Za-z0-9][A-Za-z0-9._!+-]*?)\.(?:tar\.gz|zip|tgz|tar|tar\.bz2|tbz|tar\.xz|txz|tlz|tar\.lz|tar\.lzma|tar\.zst)$/

/**
 * Reads the name of a wheel or an sdist of a project.
 *
 * An sdist's name alone does not tell where the project's name ends: `my-project-1.0-1.tar.gz` was a legal name before
 * PEP 625. So the project has to be known, from the metadata or from the folder.
 *
 * @param project normalised
 * @returns undefined when it is no such name, has no valid version, or belongs to another project
 */
export function parseFileName(filename: string, project: string): DistributionName | undefined {
    const wheel = wheelName.exec(filename)
    if (wheel) {
        // "-" separates the fields, so a version's own "-" is written "_".
        const version = normalizeVersion(wheel[2]!.replaceAll('_', '-'))
        const matches = version !== undefined && normalizeName(wheel[1]!) === project
        return matches ? { kind: 'wheel', project, version } : undefined
    }
    const reading = sdistReadings(filename).find((reading) => reading.project === project)
    return reading && { kind: 'sdist', ...reading }
}

/** What the name of an sdist can mean: `my-2-1.tar.gz` is version 1 of `my-2`, or version 2.post1 of `my`. */
export function sdistReadings(filename: string): { project: string; version: string }[] {
    const stem = sdistName.exec(filename)?.[1] ?? ''
    const readings: { project: string; version: string }[] = []
    for (let hyphen = stem.indexOf('-'); hyphen > 0; hyphen = stem.indexOf('-', hyphen + 1)) {
        const version = normalizeVersion(stem.slice(hyphen + 1))
        if (version !== undefined) readings.push({ project: normalizeName(stem.slice(0, hyphen)), version })
    }
    return readings
}

/** Which kind of distribution a file is, by the end of its name. */
export function kindOf(filename: string): 'wheel' | 'sdist' | undefined {
    if (filename.endsWith('.whl')) return 'wheel'
    return /\.(?:tar\.gz|zip)$/.test(filename) ? 'sdist' : undefined
}
