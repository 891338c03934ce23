import { Command } from 'commander'
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { UserError } from '../../core/user-error.js'
import { addConfigOptions, flagOf, negations, optionValues, type ConfigOptions } from './option-table.js'
import type { GeneratedFile } from './render.js'

/** The file of the folder that holds its options. No secret is an option. */
export const optionsFile = 'generate-config.options'

/** What a run changes, option by option; the values as they stand on a command line. */
export interface OptionChanges {
    added: string[]
    removed: string[]
    changed: string[]
}

/** The file with the options, a line each: a person may edit it. */
export function optionsContent(options: ConfigOptions): GeneratedFile {
    const lines = [...optionValues(options)].map(asLine)
    const head = [
        '# The options of this folder, one a line. Edit them, then: generate-config --from FOLDER',
        '# generate-config --help describes them.',
    ]
    return { name: optionsFile, content: [...head, ...lines, ''].join('\n') }
}

/**
 * The options that a folder was made with.
 *
 * @returns undefined for a folder that no version of this program made
 * @throws UserError for a file that was edited into something that is no options
 */
export function rememberedOptions(folder: string): ConfigOptions | undefined {
    const file = path.join(folder, optionsFile)
    if (isFile(file)) return parseOptions(fileWords(readFileSync(file, 'utf8'), file), file)
    // Before there was such a file, the first lines of site.conf named the command.
    const site = path.join(folder, 'site.conf')
    const made =
        isFile(site) &&
        /^# Made by: (?:npx )?generate-config ((?:.*\\\n#   )*.*)$/m.exec(readFileSync(site, 'utf8'))?.[1]
    return made ? parseOptions(shellWords(made.replaceAll('\\\n#  ', '')), site) : undefined
}

function isFile(file: string): boolean {
    try {
        return statSync(file).isFile()
    } catch {
        return false // what is wrong with the folder is said when it is written
    }
}

function fileWords(text: string, file: string): string[] {
    return text.split('\n').flatMap((line, index) => {
        const words = line.trim().split(/\s+/)
        if (words[0] === '' || words[0]!.startsWith('#')) return []
        if (!words[0]!.startsWith('--')) {
            throw new UserError(
                `${file}, line ${index + 1}: ${JSON.stringify(line.trim())} begins with no option`,
                'Write one option a line, with its value: --bucket my-pypi',
            )
        }
        return words
    })
}

/** The words of a command line as `quotedForShell` wrote them. */
function shellWords(line: string): string[] {
    return [...line.matchAll(/(?:'[^']*'|\\'|[^\s'])+/g)].map(([word]) =>
        word.replaceAll("'\\''", '\0').replaceAll("'", '').replaceAll('\0', "'"),
    )
}

function parseOptions(words: string[], file: string): ConfigOptions {
    const said: string[] = []
    const parser = new Command().exitOverride().configureOutput({ writeErr: (text) => said.push(text) })
    addConfigOptions(parser)
    try {
        return parser.parse(words, { from: 'user' }).opts<ConfigOptions>()
    } catch {
        throw new UserError(
            `${file}: ${said.join('').trim()}`,
            'Correct the file, or name all options on the command line.',
        )
    }
}

/** What differs between the options of two runs. */
export function optionChanges(before: ConfigOptions, after: ConfigOptions): OptionChanges {
    const [old, now] = [optionValues(before), optionValues(after)]
    return {
        added: [...now].filter(([name]) => !old.has(name)).map(asLine),
        removed: [...old].filter(([name]) => !now.has(name)).map(asLine),
        changed: [...now].flatMap(([name, values]) => {
            const known = old.get(name)
            if (known === undefined || known.join(' ') === values.join(' ')) return []
            return [`${asLine([name, known])} -> ${values.join(' ') || 'without a value'}`]
        }),
    }
}

/**
 * Refuses to open what was closed: access control, TLS, private names and the fallback are dropped on purpose only.
 *
 * @param said the `--no-…` of the command line
 * @throws UserError that names each that would be dropped
 */
export function refuseDropping(
    folder: string,
    before: ConfigOptions,
    after: ConfigOptions,
    said: ReadonlySet<string>,
): void {
    const [old, now] = [optionValues(before), optionValues(after)]
    const dropped = negations.flatMap(({ name, negation }) => {
        const flag = flagOf(name)
        const had = old.get(flag)
        if (said.has(negation) || had === undefined) return []
        const has = now.get(flag)
        if (has === undefined) return [[asLine([flag, had]), negation]]
        // Each of the private names counts.
        const lost = name === 'private' ? had.filter((value) => !has.includes(value)) : []
        return lost.map((value) => [asLine([flag, [value]]), negation])
    })
    if (dropped.length === 0) return
    throw new UserError(
        `this would drop ${dropped.map(([option]) => option).join(', ')}, which ${folder} has; nothing is written`,
        `generate-config --from ${folder} keeps its options and takes more of them;\n` +
            `${[...new Set(dropped.map(([, no]) => no))].join(' ')} drops them on purpose, and so does --force.`,
    )
}

/** An option as it stands on a line of the file. */
function asLine([name, values]: [name: string, values: string[]]): string {
    return [name, ...values].join(' ')
}
