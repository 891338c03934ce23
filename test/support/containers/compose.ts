import { spawnSync } from 'node:child_process'
import { missingPrograms } from '../machine/requirements.js'

/** Compose as a plugin of the engine's command line, or the older program: its words. */
export const compose: [program: string, ...words: string[]] =
    spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0
        ? ['docker', 'compose']
        : ['docker-compose']

/** What is missing to run it. */
export function missingCompose(): string | undefined {
    return missingPrograms([compose[0]], 'docker-compose')
}
