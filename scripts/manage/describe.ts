import { formatSize } from '../../core/format-size.js'
import type { ProjectSummary } from './list.js'
import type { Problem } from '../index/repair/problem.js'
import { versionOf, type ProjectPage } from '../../core/project-page.js'
import type { ProjectChanges } from '../index/repair/rebuild-project.js'
import type { RebuildReport } from '../index/repair/rebuild.js'
import { onOneLine, table } from './table.js'

/** Formats the projects as a table. */
export function describeProjects(projects: readonly ProjectSummary[]): string {
    const rows = projects.map(({ name, latest, versions, files, size }) => [
        name,
        latest ?? '-',
        String(versions),
        String(files),
        formatSize(size),
    ])
    return table([['PROJECT', 'LATEST', 'VERSIONS', 'FILES', 'SIZE'], ...rows])
}

/** Formats the files of a project as a table. @param uploaders adds a column: who uploaded each file, by its name */
export function describeFiles(page: ProjectPage, uploaders?: ReadonlyMap<string, string>): string {
    const rows = page.files.map(({ filename, size, uploadTime, yanked }) => [
        versionOf(page.name, filename),
        filename,
        formatSize(size),
        uploadTime.slice(0, 10),
        yanked === undefined ? '' : onOneLine(`yes ${yanked}`.trimEnd()),
        ...(uploaders ? [onOneLine(uploaders.get(filename) ?? '-')] : []),
    ])
    const { status, reason } = page.status
    const note = status === 'active' ? '' : onOneLine(`${page.name} is ${status}${reason ? `: ${reason}` : ''}`) + '\n'
    return (
        note +
        table([['VERSION', 'FILE', 'SIZE', 'UPLOADED', 'YANKED', ...(uploaders ? ['UPLOADED BY'] : [])], ...rows])
    )
}

/** Formats the changes of a rebuild: one line for each file, page and object. */
export function describeRebuild(report: RebuildReport): string {
    const lines = [
        ...report.changed.flatMap(describeChanges),
        ...report.listed.map((name) => `+ ${name} on the list of the projects`),
        ...report.unlisted.map((name) => `- ${name} on the list of the projects`),
        ...(report.root ? ['~ index.json, index.html'] : []),
        ...report.abandoned.map((key) => `- ${key}, the body of an upload that was killed`),
        ...report.aborted.map((key) => `- parts of ${key}, of an upload that was killed`),
        ...report.unknown.map((key) => `? ${onOneLine(key)} does not belong to a project`),
    ]
    return lines.map((line) => line + '\n').join('')
}

/** Formats the changes of rebuilding one project. */
export function describeChanges(changes: ProjectChanges): string[] {
    const { project, added, removed, changed, written, deleted, pages } = changes
    const page = `${project}/index.json`
    return [
        ...added.map((name) => `+ ${name} on ${page}`),
        ...removed.map((name) => `- ${name} on ${page}`),
        ...changed.map((name) => `~ ${name} on ${page}`),
        ...written.map((key) => `+ ${key}`),
        ...deleted.map((key) => `- ${key}`),
        ...(pages ? [`~ ${page}, ${project}/index.html`] : []),
    ]
}

/** Formats the problems, one per line. */
export function describeProblems(problems: readonly Problem[]): string {
    return problems.map(({ kind, key, detail }) => `${kind}: ${onOneLine(key)} ${onOneLine(detail)}\n`).join('')
}
