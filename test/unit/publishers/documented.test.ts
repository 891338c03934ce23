import { expect, test } from 'vitest'
import { readPublishers } from '../../../scripts/publishers/read-publishers.js'
import { pageBlocks } from '../../support/programs/page-blocks.js'

test.each([
    ['Set-up', ['github', 'gitlab']],
    ['Other issuers', ['own']],
])('the file in docs/trusted-publishing.md: %s', (heading, issuers) => {
    const [block] = pageBlocks('trusted-publishing.md', heading).filter(({ language }) => language === 'yaml')
    const { trusted, warnings } = readPublishers(block!.text, 'publishers.yaml', 'pypi.example.com')
    expect(trusted.issuers.map(({ name }) => name)).toEqual(issuers)
    expect(warnings).toEqual([])
})
