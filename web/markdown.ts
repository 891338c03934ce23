import { marked } from 'marked'
import { descriptionTags } from './description-tags.js'
import { onlyPlainTags } from './plain-tags.js'
import { restructuredHtml } from './restructured-text.js'

// Runs in a worker, which the page ends if it takes too long: patterns of either markup can take quadratic time.

/** What a browser lays out within a second or so; a README has some hundred elements, a long table some thousand. */
const limits = { maxElements: 20_000, maxLength: 1024 * 1024 }

/** A check box of a task list: form elements do not pass the sanitizer. */
marked.use({
    gfm: true,
    renderer: { checkbox: ({ checked }) => (checked ? '☑ ' : '☐ ') },
})

const worker = self as unknown as {
    onmessage: (event: { data: { text: string; isMarkdown: boolean } }) => void
    /** @param answer without HTML if there is too much, or the nesting is too deep */
    postMessage(answer: { html?: string | undefined }): void
}

worker.onmessage = ({ data: { text, isMarkdown } }) => {
    try {
        const html = isMarkdown ? marked.parse(text, { async: false }) : restructuredHtml(text)
        worker.postMessage({ html: onlyPlainTags(html, descriptionTags, limits) })
    } catch {
        // Too deep a nesting, for example.
        worker.postMessage({})
    }
}
