import { readFileSync } from 'node:fs'
import { packageRoot } from '../cli/package-root.js'

/** A bundled nginx script from the build. */
export function builtScript(name: string): string {
    return readFileSync(new URL(`dist/${name}.js`, packageRoot), 'utf8')
}
