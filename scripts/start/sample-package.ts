import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { ZipFile } from 'yazl'

/** The project that `npm start` publishes. Its version has a `+`, which many indexes on S3 fail to serve. */
export const sampleProject = 'hello-index'
const version = '1.1+sample'
const wheelName = `hello_index-${version}-py3-none-any.whl`

/** Shown by the pages for people. */
const readme = `# hello-index

A sample package. \`npm start\` has published it to your bucket.

## Usage

\`\`\`console
$ hello-index
Hello from your own package index!
\`\`\`

## Where this page comes from

| part            | source                                     |
| --------------- | ------------------------------------------ |
| this text       | the README in the metadata of the wheel    |
| files, versions | the page that pip and uv read              |
| search          | the list of projects, in your browser      |

No server renders it: nginx serves a static page, which reads the index as installers do.
`

/** The files of the wheel, by path. @see PyPA, "Binary distribution format" */
const files: Record<string, string> = {
    'hello_index.py': 'def main():\n    print("Hello from your own package index!")\n',
    [`hello_index-${version}.dist-info/METADATA`]: `Metadata-Version: 2.1
Name: ${sampleProject}
Version: ${version}
Summary: A sample that was installed from an S3 bucket through nginx
License: MIT
Keywords: sample,package-index
Project-URL: Packaging guide, https://packaging.python.org/
Classifier: Programming Language :: Python :: 3
Classifier: Topic :: System :: Archiving :: Packaging
Requires-Python: >=3.6
Description-Content-Type: text/markdown

${readme}`,
    [`hello_index-${version}.dist-info/WHEEL`]: `Wheel-Version: 1.0
Generator: nginx-s3-pypi
Root-Is-Purelib: true
Tag: py3-none-any
`,
    [`hello_index-${version}.dist-info/entry_points.txt`]: `[console_scripts]
hello-index = hello_index:main
`,
}

/** Writes the sample wheel into a folder, with the same bytes each time. @returns its path */
export async function writeSampleWheel(folder: string): Promise<string> {
    const record = `hello_index-${version}.dist-info/RECORD`
    const lines = Object.entries(files).map(([name, text]) => {
        const hash = createHash('sha256').update(text).digest('base64url')
        return `${name},sha256=${hash},${Buffer.byteLength(text)}\n`
    })
    const zip = new ZipFile()
    for (const [name, text] of Object.entries({ ...files, [record]: `${lines.join('')}${record},,\n` })) {
        zip.addBuffer(Buffer.from(text), name, { mtime: new Date(2026, 0, 1), mode: 0o100644 })
    }
    zip.end()
    await mkdir(folder, { recursive: true })
    const file = path.join(folder, wheelName)
    await writeFile(file, await buffer(zip.outputStream))
    return file
}
