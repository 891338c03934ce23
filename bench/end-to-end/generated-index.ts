import { fileCounts } from './file-counts.js'

/** A project of the index that is measured, before there is a byte of it. */
export interface PlannedProject {
    /** Normalised. */
    name: string
    /** A file for each, oldest first. */
    versions: string[]
    /** What each of its files depends on, as Requires-Dist has it. */
    requires: string[]
}

/** How many packages are installed together. */
export const closureSize = 20

/** What is installed: it depends on all the others of the closure. */
export const topPackage = 'closure-0'

export const largeProject = 'large-project'

/** Versions that each package of the closure has, among which pip has to choose. */
const closureVersions = 4

/**
 * The projects of an index: `project-0` and so on with PyPI's distribution of files, one of very many files, and the
 * closure of packages, in which each depends on the next three of a tree. The same words give the same projects.
 */
export function planIndex(projects: number, largeFiles: number, seed: number): PlannedProject[] {
    const ordinary = fileCounts(projects, seed).map((files, number) => plannedProject(`project-${number}`, files))
    const closure = Array.from({ length: closureSize }, (_, number) => {
        const needed = [1, 2, 3].map((child) => 3 * number + child).filter((child) => child < closureSize)
        const requires = needed.map((child) => `closure-${child}>=1.1`)
        return plannedProject(`closure-${number}`, closureVersions, requires)
    })
    return [...ordinary, plannedProject(largeProject, largeFiles), ...closure]
}

function plannedProject(name: string, files: number, requires: string[] = []): PlannedProject {
    return { name, versions: Array.from({ length: files }, (_, number) => `1.${number}`), requires }
}
