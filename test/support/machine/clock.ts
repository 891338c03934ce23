import { existsSync, readdirSync } from 'node:fs'
import { chmod, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { temporaryFolder } from './temporary-folder.js'

/** A clock that programs of the test see in place of the machine's, and that can be moved while they run. */
export interface Clock {
    /** What a program needs in its environment to see it. */
    environment: Record<string, string>
    now(): Date
    /** Moves it on, or back. */
    advance(minutes: number): Promise<void>
    /** Lets nginx's workers see it, too: an `edit` for startIndex. */
    letThrough(name: string, content: string): string
}

/** libfaketime, which answers programs who ask the system for the time. */
export function missingFaketime(): string | undefined {
    return library() === undefined ? 'libfaketime is not installed: apt-get install libfaketime' : undefined
}

function library(): string | undefined {
    return readdirSync('/usr/lib')
        .map((folder) => `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`)
        .find((file) => existsSync(file))
}

/** A clock that shows the machine's time until it is moved. */
export async function startClock(): Promise<Clock> {
    const folder = await temporaryFolder()
    // nginx's workers have no right to pass through a folder of root's.
    await chmod(folder, 0o755)
    const file = path.join(folder, 'offset')
    let seconds = 0
    const write = async () => {
        // At once: who read half of it would be thrown back to the machine's time.
        await writeFile(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`)
        await rename(`${file}.new`, file)
    }
    await write()
    const environment = {
        LD_PRELOAD: library()!,
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        // Timeouts run on.
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }
    return {
        environment,
        now: () => new Date(Date.now() + seconds * 1000),
        advance: async (minutes) => {
            seconds += minutes * 60
            await write()
        },
        letThrough: (name, content) => {
            const lines = Object.keys(environment).map((variable) => `env ${variable};\n`)
            return name === 'env.conf' ? content + lines.join('') : content
        },
    }
}
