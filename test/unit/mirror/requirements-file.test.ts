import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRequirements } from '../../../scripts/mirror/requirements-file.js'
import { wantedProjects } from '../../../scripts/mirror/wanted.js'
import { temporaryFolder } from '../../support/machine/temporary-folder.js'

const hex = 'ab'.repeat(32)

async function read(files: Record<string, string>) {
    const folder = await temporaryFolder()
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    return readRequirements(join(folder, 'requirements.txt'))
}

test('pins, hashes, extras, markers, comments, options and included files', async () => {
    const { wanted, leftOut } = await read({
        'requirements.txt': `\ufeff--index-url https://u:p@example.com/simple
# acme==0
Acme.Tools[a, b]==1.0+cu12 ; python_version < "3.9" \\
    --hash=sha256:${hex} \\
    --hash sha512:${hex}${hex}
    # via x
other (==2.0)   # a comment
third===2004d\r
-r more.txt
-e ./local
./dist/x.whl
git+https://example.com/x
direct @ https://example.com/direct-1.0.zip
fourth >=1,==1.5 ; sys_platform == "win32"`,
        'more.txt': '-r requirements.txt\nmore==3\n',
    })
    expect(wanted.map(({ project, specifierText, where }) => [project, specifierText, where])).toEqual([
        ['acme-tools', '==1.0+cu12', 'requirements.txt:3'],
        ['other', '==2.0', 'requirements.txt:7'],
        ['third', '===2004d', 'requirements.txt:8'],
        ['more', '==3', 'more.txt:2'],
        ['fourth', '>=1,==1.5', 'requirements.txt:14'],
    ])
    expect(wanted[0]!.digests).toEqual([
        { algorithm: 'sha256', hex },
        { algorithm: 'sha512', hex: hex + hex },
    ])
    expect(leftOut).toHaveLength(4)
})

test.each(['acme', 'acme>=1', 'acme~=1.0', 'acme==1.*', 'acme[x]<2'])('%s is not pinned', async (line) => {
    const error = await read({ 'requirements.txt': `other==1\n${line}\n` }).catch((error: unknown) => error)
    expect(error).toMatchObject({
        message: `not pinned to a version:\nrequirements.txt:2: ${line}`,
        cure: expect.stringContaining('uv pip compile'),
    })
})

test.each(['acme==', '==1.0', 'a b==1', 'acme=1'])('%j is not a requirement', async (line) => {
    await expect(read({ 'requirements.txt': line })).rejects.toThrow('is not a requirement')
})

test('projects of the command line', () => {
    const named = wantedProjects(['Acme', 'acme==1.0', 'acme>=1,<2']).map((each) => [each.project, each.specifierText])
    expect(named).toEqual([
        ['acme', ''],
        ['acme', '==1.0'],
        ['acme', '>=1,<2'],
    ])
    for (const word of ['https://x/y', 'acme @ https://x', '../x', 'acme;x', 'acme==one']) {
        expect(() => wantedProjects([word]), word).toThrow('neither a project nor a requirement')
    }
})
