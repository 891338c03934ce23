import { describe, expect, test } from 'vitest'
import {
    closureSize,
    fileCounts,
    largeProject,
    planIndex,
    topPackage,
} from '../../../bench/end-to-end/generated-index.js'

const projects = planIndex(30, 5000, 1)

test('an index has its projects, a large one and the closure, each name once', () => {
    expect(new Set(projects.map(({ name }) => name)).size).toBe(30 + 1 + closureSize)
    expect(projects.find(({ name }) => name === largeProject)?.versions).toHaveLength(5000)
})

test('the package at the top needs all of the closure, and nothing else needs anything', () => {
    const requires = new Map(projects.map((project) => [project.name, project.requires]))
    const needed = new Set<string>()
    const visit = (name: string): void => {
        needed.add(name)
        for (const requirement of requires.get(name)!) visit(requirement.split('>=')[0]!)
    }
    visit(topPackage)
    expect(needed.size).toBe(closureSize)
    const others = projects.filter(({ name }) => !needed.has(name))
    expect(others.every((project) => project.requires.length === 0)).toBe(true)
})

describe.each([200, 1000, 10_000])('%d projects', (projects) => {
    const counts = fileCounts(projects, 1)
    const sorted = [...counts].sort((a, b) => a - b)
    const quantile = (share: number) => sorted[Math.floor(share * projects)]!

    test('have 4 files in the middle and 262 at the 99th percentile', () => {
        expect(counts).toHaveLength(projects)
        expect(quantile(0.5)).toBe(4)
        // A step of a small index's quantiles is wide there.
        expect(Math.abs(quantile(0.99) / 262 - 1)).toBeLessThan(projects < 1000 ? 0.3 : 0.05)
    })

    test('have at least one file and at most a thousand', () => {
        expect(sorted[0]).toBe(1)
        expect(sorted.at(-1)).toBeLessThanOrEqual(1000)
    })
})

test('the same seed gives the same counts, another one the same in another order', () => {
    const sorted = (counts: number[]) => [...counts].sort((a, b) => a - b)
    expect(fileCounts(100, 7)).toEqual(fileCounts(100, 7))
    expect(fileCounts(100, 8)).not.toEqual(fileCounts(100, 7))
    expect(sorted(fileCounts(100, 8))).toEqual(sorted(fileCounts(100, 7)))
})
