import { readFileSync } from 'node:fs'

/** Stands in for scripts/config/built-script.ts in the unit tests, which run without a build: the source of the script. */
export function builtScript(name: string): string {
    return readFileSync(new URL(`../../../njs/${name}.ts`, import.meta.url), 'utf8')
}
