import { pythonVersion } from '../support/python/python-clients.js'
import type { Requirement } from './client.js'

/** A pyproject.toml of a project that is no package, with the table of its tool. @see PEP 621 */
export function pyproject(wanted: readonly Requirement[], tool: string): string {
    const dependencies = wanted.map(({ name, specifier }) => JSON.stringify(name + specifier))
    return `[project]
name = "consumer"
version = "0"
requires-python = ">=3.9"
dependencies = [${dependencies.join(', ')}]

${tool}`
}

/** Where a virtual environment in the project's folder has its modules. */
export function venvModules(): string {
    return `.venv/lib/python${pythonVersion()}/site-packages`
}
