import { expect, test } from 'vitest'
import { normalizeName } from '../../../core/project-name.js'

test.each([
    ['Proj_ect', 'proj-ect'],
    ['a.b__c--d', 'a-b-c-d'],
    ['zope.interface', 'zope-interface'],
    ['already-normal', 'already-normal'],
])('the project %s is stored as %s', (name, normalized) => {
    expect(normalizeName(name)).toBe(normalized)
})
