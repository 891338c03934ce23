import { useState } from 'preact/hooks'
import { formatSize } from '../core/format-size.js'
import { CopyButton, When } from './frame.js'
import type { ProjectFile } from './read-index.js'
import { shortened, visible } from './safe-text.js'

/** Files that are shown at first: a page of 5,000 would be slow. */
const firstFiles = 50

/** A table of files: what they run on, their size and hash, and the way to them. */
export function Files({ files }: { files: readonly ProjectFile[] }) {
    const [count, setCount] = useState(firstFiles)
    return (
        <>
            <ul class="files">
                {files.slice(0, count).map((file) => (
                    <File key={file.filename} file={file} />
                ))}
            </ul>
            {files.length > count && (
                <button type="button" class="more" onClick={() => setCount(count + 200)}>
                    Show more of {files.length.toLocaleString('en')} files
                </button>
            )}
        </>
    )
}

function File({ file }: { file: ProjectFile }) {
    const { filename, url, kind, size, sha256, uploaded, requiresPython, provenance, yanked } = file
    return (
        <li>
            <a class="file" href={url} rel="noreferrer" download={filename}>
                <bdi>{visible(shortened(filename, 300))}</bdi>
            </a>
            <p class="facts">
                <span>{kind === 'wheel' ? 'Wheel' : kind === 'sdist' ? 'Source' : 'File'}</span>
                {kind === 'wheel' && <Tags filename={filename} />}
                {size !== undefined && <span>{formatSize(size)}</span>}
                {uploaded !== undefined && <When iso={uploaded} />}
                {requiresPython !== undefined && (
                    <span>
                        Python <bdi>{visible(shortened(requiresPython, 100))}</bdi>
                    </span>
                )}
                {provenance !== undefined && (
                    <a href={provenance} rel="noreferrer">
                        Attestations
                    </a>
                )}
                {yanked !== undefined && (
                    <span class="mark">
                        yanked
                        {yanked !== '' && (
                            <>
                                : <bdi>{visible(shortened(yanked, 300))}</bdi>
                            </>
                        )}
                    </span>
                )}
            </p>
            {sha256 !== undefined && (
                <p class="hash">
                    <span>SHA-256</span> <code>{sha256}</code>{' '}
                    <CopyButton text={sha256} label={`the hash of ${filename}`} />
                </p>
            )}
        </li>
    )
}

/** @see PyPA, "Platform compatibility tags" */
function Tags({ filename }: { filename: string }) {
    const [python = '', abi = '', platform = ''] = filename.slice(0, -4).split('-').slice(-3)
    return (
        <span>
            {[python, abi, platform]
                .filter((tag) => tag !== 'none')
                .map((tag) => shortened(tag, 80).replaceAll('.', ' '))
                .map((tag) => (tag === 'any' ? 'any platform' : tag))
                .join(' · ')}
        </span>
    )
}
