import { isProjectName } from './project-objects.js'
import { markerFolder } from './unlisted-projects.js'

/**
 * Downloads, as `manage-index downloads --publish` writes them for the pages for people: those of one project, or those of
 * all. Days are written `2026-11-27`.
 */
export interface DownloadsJson {
    meta: { version: 1 }
    /** The first and the last day that is counted. */
    first: string
    last: string
    downloads: number
    /** Recent days. */
    days: Record<string, number>
    /** `pip`, `uv`, …, `other`. */
    installers: Record<string, number>
    /** `3.12`, `unknown`. */
    pythons: Record<string, number>
    /** Of one project. */
    versions?: Record<string, number>
    /** Of the index: the projects with the most downloads. */
    projects?: Record<string, number>
}

const folder = `${markerFolder}/downloads/`

/** What the published counts are made of; nginx does not serve it. */
export const downloadCountsKey = `${folder}counts.json`

/** The key of the published counts. @param project normalised; undefined for all projects */
export function downloadsKey(project?: string): string {
    return project === undefined ? `${folder}index.json` : `${folder}${project}/index.json`
}

/** Whether a key is one of these. */
export function isOfDownloads(key: string): boolean {
    if (key === downloadCountsKey || key === downloadsKey()) return true
    return key.startsWith(folder) && key.endsWith('/index.json') && isProjectName(key.slice(folder.length, -11))
}
