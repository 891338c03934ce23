import { useEffect, useRef, useState } from 'preact/hooks'
import type { Metadata } from './metadata.js'
import { sanitized } from './sanitized.js'
import { visible } from './safe-text.js'
import { startMarkupWorker } from './trusted.js'

/** Longer descriptions are shown as text: rendering them would make the page slow. Characters. */
const maxRendered = 250_000
/** A browser lays out this much text at once. Characters. */
const maxShown = 250_000

/** A real README takes milliseconds; a busy machine a hundred times as long. */
const timeLimit = 10_000

/** The README of a package: rendered if it is Markdown or reStructuredText, else as text. */
export function Description({ metadata, isWhole }: { metadata: Metadata; isWhole: boolean }) {
    const { description, contentType } = metadata
    const place = useRef<HTMLDivElement>(null)
    const [state, setState] = useState<'waits' | 'rendered' | 'text'>('waits')
    useEffect(() => {
        void render(description, contentType).then((content) => {
            if (content !== undefined) place.current?.replaceChildren(content)
            setState(content === undefined ? 'text' : 'rendered')
        })
    }, [])
    if (description.trim() === '') return <p>The author of this version has not written a description.</p>
    return (
        <>
            {state === 'waits' && <p role="status">Loading…</p>}
            <div class="description" dir="auto" ref={place} hidden={state !== 'rendered'} />
            {state === 'text' && (
                <div class="wide" tabIndex={0} role="group" aria-label="description">
                    <pre class="text" dir="auto">
                        {visible(description.slice(0, maxShown))}
                    </pre>
                </div>
            )}
            {(!isWhole || description.length > maxShown) && (
                <p>The rest of this long description is not shown; the .metadata file beside the wheel has it.</p>
            )}
        </>
    )
}

/** @returns undefined for a description that is shown as text */
async function render(text: string, contentType: string): Promise<Node | undefined> {
    if (text.length > maxRendered) return undefined
    const isMarkdown = contentType === 'text/markdown'
    // PyPI reads a description without a type as reStructuredText.
    if (!isMarkdown && contentType !== 'text/x-rst' && contentType !== '') return undefined
    const html = await plainHtml(text, isMarkdown)
    return html === undefined ? undefined : sanitized(html)
}

/** Makes HTML with plain tags alone. @returns undefined if it takes too long, is too much, or cannot be read */
function plainHtml(text: string, isMarkdown: boolean): Promise<string | undefined> {
    const worker = startMarkupWorker()
    return new Promise<string | undefined>((resolve) => {
        setTimeout(resolve, timeLimit, undefined)
        worker.onerror = () => resolve(undefined)
        worker.onmessage = ({ data }: MessageEvent<{ html?: string }>) => resolve(data.html)
        worker.postMessage({ text, isMarkdown })
    }).finally(() => worker.terminate())
}
