import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'

/**
 * Where the tests keep what takes long to make: outside of the checkout, so that the next one has it too, and open to
 * nginx's workers, who may not look into the home of root.
 */
const keptFolder =
    process.env.TEST_CACHE ??
    (process.getuid?.() === 0
        ? '/var/cache/nginx-s3-pypi'
        : path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'nginx-s3-pypi'))

/** Since testing suites and `pip==26.*` move on, nothing is kept for longer than it takes to notice. */
const week = Math.floor(Date.now() / (7 * 24 * 3600_000))

/** Where a thing of that name is kept this week, whether it has been made or not. */
export function keptPath(name: string): string {
    // env(1) would take a program whose path has a "=" for a variable.
    return path.join(keptFolder, `${name.replaceAll('*', 'x').replaceAll(/[^\w.]+/g, '-')}.${week}`)
}

/** Whether it has been made this week. It is all there or not at all. */
export function isKept(name: string): boolean {
    return existsSync(keptPath(name))
}

/**
 * The folder of that name; what is not there yet is made.
 *
 * @param make fills a new folder that only its owner uses, and may replace it
 */
export async function keep(name: string, make: (folder: string) => Promise<unknown>): Promise<string> {
    const folder = keptPath(name)
    if (existsSync(folder)) return folder
    await mkdir(keptFolder, { recursive: true })
    await forgetOld(folder)
    const unfinished = `${folder}.${process.pid}`
    try {
        await mkdir(unfinished)
        await make(unfinished)
        await rename(unfinished, folder)
    } catch (error) {
        await rm(unfinished, { recursive: true, force: true })
        // Another run of the tests has made the same one meanwhile.
        if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
    }
    return folder
}

/** Removes the same thing of earlier weeks, but for the last: a run that began before midnight may be using it. */
async function forgetOld(folder: string): Promise<void> {
    const prefix = path.basename(folder).replace(/\d+$/, '')
    const old = readdirSync(keptFolder).filter((name) => {
        const [made] = name.startsWith(prefix) ? name.slice(prefix.length).split('.') : []
        return made !== undefined && Number(made) < week - 1
    })
    for (const name of old) await rm(path.join(keptFolder, name), { recursive: true, force: true })
}
