import { expect, test } from 'vitest'
import { closureSize, largeProject, planIndex, topPackage } from '../../../bench/end-to-end/generated-index.js'

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
