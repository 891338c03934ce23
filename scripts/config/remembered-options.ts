import { Command } from 'commander'
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { UserError } from '../../core/user-error.js'
import { addConfigOptions, flagOf, negations, optionValues, type ConfigOptions } from './option-table.js'
import type { GeneratedFile } from './render.js'

/** The file in the folder that stores its options. No option is a secret. */
export const optionsFile = 'generate-config.options'

/** The options that a run changes, as command-line words. */
export interface OptionChanges {
    added: string[]
    removed: string[]
    changed: string[]
}

/** Renders the options file, one option a line, which users may edit. */
export function optionsContent(options: ConfigOptions): GeneratedFile {
    const lines = [...optionValues(options)].map(asLine)
    const head = [
        '# The options of this folder, one a line. Edit them, then: generate-config --from FOLDER',
        '# generate-config --help describes them.',
    ]
    return { name: optionsFile, content: [...head, ...lines, ''].join('\n') }
}

/**
 * Reads the options of a generated folder.
 *
 * @returns undefined for a folder that this program did not generate
 * @throws UserError when an edited file does not parse
 */
export function rememberedOptions(folder: string): ConfigOptions | undefined {
    const file = path.join(folder, optionsFile)
    if (isFile(file)) return parseOptions(fileWords(readFileSync(file, 'utf8'), file), file)
    // Older versions wrote no options file; site.conf names the command.
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
        return false // errors of the folder are reported when it is written
    }
}

function fileWords(text: string, file: string): string[] {
    return text.split('\n').flatMap((line, index) => {
        const words = line.trim().split(/\s+/)
        if (words[0] === '' || words[0]!.startsWith('#')) return []
        if (!words[0]!.startsWith('--')) {
            throw new UserError(
                `${file}, line ${index + 1}: ${JSON.stringify(line.trim())} does not begin with an option`,
                'Write one option a line, with its value: --bucket my-pypi',
            )
        }
        return words
    })
}

/** Splits a command line that `quotedForShell` quoted. */
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

/** Compares the options of two runs. */
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
 * Refuses to drop access control, TLS, private names or the fallback without an explicit `--no-…`.
 *
 * @param said the `--no-…` options of the command line
 * @throws UserError that names each option that would be dropped
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
        // Dropping a single private name is refused as well.
        const lost = name === 'private' ? had.filter((value) => !has.includes(value)) : []
        return lost.map((value) => [asLine([flag, [value]]), negation])
    })
    if (dropped.length === 0) return
    throw new UserError(
        `this would drop ${dropped.map(([option]) => option).join(', ')}, which ${folder} has; nothing is written`,
        `generate-config --from ${folder} keeps its options and accepts further ones;\n` +
            `${[...new Set(dropped.map(([, no]) => no))].join(' ')} or --force drops them.`,
    )
}

/** An option as a line of the file. */
function asLine([name, values]: [name: string, values: string[]]): string {
    return [name, ...values].join(' ')
}
