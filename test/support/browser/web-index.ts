import { PackageIndex } from '../../../scripts/index/update/package-index.js'
import { yank } from '../../../scripts/manage/yank.js'
import { publish } from '../../../scripts/publish/publish.js'
import type { Bucket } from '../../../scripts/s3/bucket.js'
import { makeSdist, makeWheel, writeDistributions, type Recipe } from '../distributions/distributions.js'
import type { S3Server } from '../s3/s3-servers.js'
import { newBucket } from '../s3/test-bucket.js'

/** Core metadata with a description. */
export function metadataText(name: string, version: string, fields: readonly string[] = [], description = ''): string {
    return ['Metadata-Version: 2.4', `Name: ${name}`, `Version: ${version}`, ...fields, '', description].join('\n')
}

const readme = `# Acme tools

Tools that [everyone](https://example.com/everyone) needs. See [Usage](#usage).

![build](https://img.example.com/badge.svg)

## Usage

\`\`\`python
import acme_tools
\`\`\`

| option | meaning |
| ------ | ------- |
| \`-v\`   | verbose |

- [x] done
- [ ] open

<details><summary>More</summary>Hidden text</details>
`

const restructured = `
=====
Other
=====

.. image:: https://img.example.com/badge.svg
   :alt: build

A library in \`\`reStructuredText\`\`, with a \`link <https://example.com/rst>\`_ and **strong** words.

Usage
=====

Call it::

    import other
    other.call()

* one
* two

.. note:: Take care.

:License: MIT
`

const acmeFields = [
    'Summary: Tools for acme',
    'License-Expression: MIT',
    'Author-email: Jane Doe <jane@example.com>',
    'Keywords: tools,acme',
    'Requires-Python: >=3.9',
    'Requires-Dist: Other_Lib>=1.0',
    'Requires-Dist: elsewhere ; extra == "web"',
    'Provides-Extra: web',
    'Project-URL: Source, https://example.com/source',
    'Classifier: Programming Language :: Python :: 3',
    'Classifier: Topic :: Utilities',
    'Description-Content-Type: text/markdown; charset=UTF-8',
]

/** Publishes ordinary projects: `acme-tools` with several versions, `other-lib`, and more names. */
export async function makeWebBucket(s3: S3Server): Promise<Bucket> {
    const bucket = await newBucket(s3)
    const wheel = (recipe: Recipe) => makeWheel(recipe)
    const acme = (version: string): Recipe => ({
        name: 'Acme.Tools',
        version,
        metadata: metadataText('Acme.Tools', version, acmeFields, readme),
    })
    const other = metadataText('other-lib', '1.0', ['Summary: A library of quaternions'], restructured)
    await publish(
        bucket,
        await writeDistributions(
            ...['1.0', '1.9', '1.10', '2.0rc1', '1.11'].map((version) => wheel(acme(version))),
            await makeSdist(acme('1.10')),
            wheel({ name: 'other-lib', version: '1.0', metadata: other }),
            ...['acme-web', 'zebra', 'my-acme'].map((name) =>
                wheel({ name, version: '0.1', summary: `About ${name}` }),
            ),
        ),
    )
    await yank(new PackageIndex(bucket), 'acme-tools', '1.11', 'breaks on <b>Python</b> 3.13')
    return bucket
}

/** Publishes a project whose metadata is hostile. */
export async function publishHostile(
    bucket: Bucket,
    name: string,
    fields: string[],
    description: string,
): Promise<void> {
    const metadata = metadataText(name, '1.0', fields, description)
    await publish(bucket, await writeDistributions(makeWheel({ name, version: '1.0', metadata })))
}
