import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { planClosure, plannedProject } from '../end-to-end/generated-index.js'
import { smallWheel, writeWheel } from '../wheels.js'

/** A wheel to publish. */
export interface PublishedWheel {
    /** Normalised. */
    project: string
    path: string
    filename: string
    /** Hex. */
    sha256: string
    /** Its METADATA; undefined when nothing compares it. */
    metadata?: Buffer
}

/** The project with so many files. */
export function projectOf(files: number): string {
    return `files-${files}`
}

/** The project of one wheel of `largeWheelBytes`. */
export const largeWheelProject = 'large-wheel'
export const largeWheelBytes = 200_000

/** Writes the wheels of a project for each number of files, one version each, and the large wheel. */
export async function writePageWheels(folder: string, sizes: readonly number[]): Promise<PublishedWheel[]> {
    const large = await writeWheel(folder, largeWheelProject.replaceAll('-', '_'), '1.0', largeWheelBytes)
    const largeWheel = {
        project: largeWheelProject,
        path: large,
        filename: path.basename(large),
        sha256: sha256(await readFile(large)),
    }
    return [
        largeWheel,
        ...(await writeWheels(
            folder,
            sizes.map((files) => plannedProject(projectOf(files), files)),
        )),
    ]
}

/** Writes the wheels of the closure, which a client installs together. */
export function writeClosureWheels(folder: string): Promise<PublishedWheel[]> {
    return writeWheels(folder, planClosure())
}

async function writeWheels(folder: string, projects: ReturnType<typeof planClosure>): Promise<PublishedWheel[]> {
    const wheels: PublishedWheel[] = []
    for (const { name, versions, requires } of projects) {
        for (const version of versions) {
            const { filename, bytes, metadata } = await smallWheel(name, version, requires)
            const file = path.join(folder, filename)
            await writeFile(file, bytes)
            wheels.push({ project: name, path: file, filename, sha256: sha256(bytes), metadata })
        }
    }
    return wheels
}

export function sha256(bytes: Buffer): string {
    return createHash('sha256').update(bytes).digest('hex')
}
