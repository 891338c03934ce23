import { marked } from 'marked'
import { descriptionTags } from './description-tags.js'
import { onlyPlainTags } from './plain-tags.js'

// Runs in a worker, which the page ends if it takes too long: patterns of Markdown can take quadratic time.

/** A check box of a task list: form elements do not pass the sanitizer. */
marked.use({
    gfm: true,
    renderer: { checkbox: ({ checked }) => (checked ? '☑ ' : '☐ ') },
})

const worker = self as unknown as {
    onmessage: (event: { data: string }) => void
    postMessage(answer: { html: string } | { failed: true }): void
}

worker.onmessage = ({ data }) => {
    try {
        worker.postMessage({ html: onlyPlainTags(marked.parse(data, { async: false }), descriptionTags) })
    } catch {
        // Too deep a nesting, for example.
        worker.postMessage({ failed: true })
    }
}
