import { readFileSync } from 'node:fs'
import { packageRoot } from '../cli/package-root.js'

/** A script that nginx runs, as the build bundles it. */
export function builtScript(name: string): string {
    return readFileSync(new URL(`dist/${name}.js`, packageRoot), 'utf8')
}
