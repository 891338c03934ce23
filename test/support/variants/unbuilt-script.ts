import { readFileSync } from 'node:fs'

/** Scripts of the pages for people. */
const pages: Record<string, string> = { 'web-app': 'web/app.tsx', 'web-markdown': 'web/markdown.ts' }

/** Stands in for scripts/config/built-script.ts in the unit tests, which run without a build: the source of the script. */
export function builtScript(name: string): string {
    return readFileSync(new URL(`../../../${pages[name] ?? `njs/${name}.ts`}`, import.meta.url), 'utf8')
}
