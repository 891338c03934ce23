import { formatSize } from '../../core/format-size.js'
import type { MirrorReport, MirroredFile } from './mirror.js'

/** Files of each project in the list of those that are left out. */
const shownUnsupported = 5

/** Formats the files, one line each, and the totals. */
export function describeMirror({ files }: MirrorReport, dryRun: boolean): string {
    const planned = { copied: 'would be copied', present: 'present', yanked: 'would be yanked' }
    const lines = files.map(
        ({ project, version, filename, size, status }) =>
            `${project} ${version}: ${filename}${size === undefined ? '' : ` (${formatSize(size)})`} ` +
            `${dryRun ? planned[status] : status}\n`,
    )
    return lines.join('') + totals(files, dryRun)
}

function totals(files: readonly MirroredFile[], dryRun: boolean): string {
    const copied = files.filter(({ status }) => status === 'copied')
    const size = copied.reduce((sum, file) => sum + (file.size ?? 0), 0)
    const present = files.length - copied.length
    const verb = dryRun ? 'to copy' : 'copied'
    return `${copied.length} ${copied.length === 1 ? 'file' : 'files'} ${verb} (${formatSize(size)}), ${present} present\n`
}

/** What was left out because no installer takes it; undefined for nothing. */
export function describeUnsupported({ unsupported }: MirrorReport): string | undefined {
    if (unsupported.length === 0) return undefined
    const shown = unsupported.slice(0, shownUnsupported).join(', ')
    const more = unsupported.length > shownUnsupported ? ` and ${unsupported.length - shownUnsupported} more` : ''
    return `left out ${shown}${more}: neither wheels nor .tar.gz or .zip sdists`
}

/** The problems, each with its cure. */
export function describeProblems({ problems }: MirrorReport): string {
    return problems
        .map(({ message, cure }) => message + (cure === undefined ? '' : `\n${cure}`.replaceAll('\n', '\n  ')))
        .join('\n')
}
