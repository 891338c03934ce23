import { execFileSync, spawnSync } from 'node:child_process'
import { systemPython } from './python-clients.js'

/** Imports `packaging` as `version` and `specifiers`: the module itself, or the copy in pip. */
const prelude = `
import json, sys
try:
    from packaging import specifiers, version
except ImportError:
    from pip._vendor.packaging import specifiers, version
try:
    sys.set_int_max_str_digits(0)
except AttributeError:
    pass
given = json.load(sys.stdin)
`

/** A Python that has the reference implementation of PEP 440. */
function pythonWithPackaging(): string | undefined {
    return [systemPython, 'python3'].find(
        (program) => spawnSync(program, ['-c', prelude], { input: '[]' }).status === 0,
    )
}

/** What is missing to compare with the reference implementation of PEP 440, or undefined. */
export function missingPackaging(): string | undefined {
    if (pythonWithPackaging() !== undefined) return undefined
    return 'no Python here has the module packaging: apt-get install python3-packaging'
}

/**
 * Runs Python with `packaging`.
 *
 * @param program sees `given`, `version` and `specifiers`, and prints JSON
 */
export function askPackaging<Answer>(program: string, given: unknown): Answer {
    const output = execFileSync(pythonWithPackaging()!, ['-c', prelude + program], {
        input: JSON.stringify(given),
        encoding: 'utf8',
        maxBuffer: 256 * 1024 * 1024,
    })
    return JSON.parse(output) as Answer
}
