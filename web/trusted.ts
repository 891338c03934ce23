interface Policy {
    createHTML(html: string): string
    createScriptURL(url: string): string
}

declare global {
    interface Window {
        trustedTypes?: { createPolicy(name: string, rules: Policy): Policy }
    }
}

/** The only script that a worker may run. */
const workerUrl = new URL('markdown.js', import.meta.url).href

/** Browsers that have Trusted Types refuse texts as HTML or as the address of a script; the policy holds all exceptions. */
const policy = window.trustedTypes?.createPolicy('nginx-s3-pypi', {
    createHTML: (html) => html,
    createScriptURL: () => workerUrl,
})

/** Parses HTML into a document that runs nothing and loads nothing. */
export function inertDocument(html: string): Document {
    return new DOMParser().parseFromString(policy?.createHTML(html) ?? html, 'text/html')
}

/** Starts the script that makes HTML of Markdown and reStructuredText. */
export function startMarkupWorker(): Worker {
    return new Worker(policy?.createScriptURL('') ?? workerUrl, { type: 'module' })
}
