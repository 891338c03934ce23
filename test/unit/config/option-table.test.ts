import { Command, Option } from 'commander'
import { describe, expect, test } from 'vitest'
import {
    addConfigOptions,
    addNegations,
    configWords,
    optionTable,
    type ConfigOptions,
} from '../../../scripts/config/option-table.js'

const rows = Object.entries(optionTable) as [string, { flag: string; group: string; needs?: string }][]

const parse = (words: string[]): ConfigOptions =>
    addConfigOptions(new Command().exitOverride().configureOutput({ writeErr: () => {} }))
        .parse(words, { from: 'user' })
        .opts()

describe('the table', () => {
    test.each(rows)('%s is the property that commander makes of its flag', (name, { flag }) => {
        expect(new Option(flag).attributeName()).toBe(name)
    })

    test('options require options of the table', () => {
        const needed = rows.flatMap(([, { needs }]) => needs ?? [])
        expect(needed.filter((name) => !(name in optionTable))).toEqual([])
        expect(needed).toContain('cache')
    })

    test('a group stands together', () => {
        const groups = rows.map(([, { group }]) => group)
        const starts = groups.filter((group, position) => group !== groups[position - 1])
        expect(starts).toEqual([...new Set(groups)])
    })
})

test('the words of options are the options again, in one order', () => {
    const words = ['--allow', '10.0.0.0/8', '::1', '--stale', '--bucket', 'my-pypi', '--fallback']
    const options = parse(words)
    expect(options).toEqual({ allow: ['10.0.0.0/8', '::1'], stale: true, bucket: 'my-pypi', fallback: true })
    const again = configWords(options)
    expect(again).toEqual(['--bucket', 'my-pypi', '--stale', '--fallback', '--allow', '10.0.0.0/8', '::1'])
    expect(parse(again)).toEqual(options)
})

test('a choice that is none is refused', () => {
    expect(parse(['--target', 'debian'])).toEqual({ target: 'debian' })
    expect(() => parse(['--target', 'windows'])).toThrow("argument 'windows' is invalid")
})

test('--help lists each option, and npm start leaves out what it sets', () => {
    const help = addNegations(addConfigOptions(new Command())).helpInformation()
    for (const [, { flag, group }] of rows) {
        expect(help).toContain(flag)
        expect(help).toContain(`\n${group}\n`)
    }
    expect(help).toContain('--no-tls')
    const ofStart = addConfigOptions(new Command(), true).helpInformation()
    expect(ofStart).toContain('--cache')
    expect(ofStart).not.toContain('--target')
})
