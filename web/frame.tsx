import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { indexUrl, searchUrl } from './address.js'

/** What all pages have: the way back, the search field, and the way to the plain index. */
export function Frame(props: {
    query: string
    onQuery?: (query: string) => void
    onEnter: (query: string) => void
    children: ComponentChildren
}) {
    const field = useRef<HTMLInputElement>(null)
    useEffect(() => {
        const onKey = (event: KeyboardEvent) => {
            const { target } = event
            const writes =
                target instanceof HTMLElement &&
                (target.isContentEditable || /^(?:input|textarea|select)$/i.test(target.tagName))
            if (event.key !== '/' || writes || event.ctrlKey || event.metaKey || event.altKey) return
            event.preventDefault()
            field.current?.focus()
            field.current?.select()
        }
        document.addEventListener('keydown', onKey)
        return () => document.removeEventListener('keydown', onKey)
    }, [])
    return (
        <>
            <a class="skip" href="#content">
                Skip to the content
            </a>
            <header>
                <div class="inner">
                    <a class="brand" href={searchUrl('')}>
                        Package index
                    </a>
                    <search>
                        <input
                            ref={field}
                            type="search"
                            value={props.query}
                            placeholder="Search projects"
                            aria-label="Search projects"
                            aria-keyshortcuts="/"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck={false}
                            maxLength={200}
                            onInput={(event) => props.onQuery?.(event.currentTarget.value)}
                            onKeyDown={(event) => {
                                if (event.key === 'Enter') props.onEnter(event.currentTarget.value)
                                if (event.key === 'ArrowDown') focusNext(event, 1)
                            }}
                        />
                        <kbd aria-hidden="true">/</kbd>
                    </search>
                </div>
            </header>
            <main id="content" tabIndex={-1}>
                {props.children}
            </main>
            <footer>
                <div class="inner">
                    <a href={indexUrl.href}>Plain index</a>
                    <span>Served by nginx-s3-pypi</span>
                </div>
            </footer>
        </>
    )
}

/** Moves the focus along the links of a list of results. */
export function focusNext(event: KeyboardEvent, step: 1 | -1): void {
    const links = [...document.querySelectorAll<HTMLElement>('input[type=search], .results a')]
    const next = links[links.indexOf(event.currentTarget as HTMLElement) + step]
    if (next === undefined) return
    event.preventDefault()
    next.focus()
}

/** A button that copies a text; it says so for a moment. */
export function CopyButton({ text, label }: { text: string; label: string }) {
    const [said, setSaid] = useState('')
    const copy = () => {
        // Absent without TLS, except on localhost.
        const copied = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error())
        copied.then(
            () => setSaid('Copied'),
            () => setSaid('Select and copy it'),
        )
        setTimeout(setSaid, 2000, '')
    }
    return (
        <button type="button" class="copy" aria-label={`Copy ${label}`} onClick={copy}>
            <span aria-live="polite">{said || 'Copy'}</span>
        </button>
    )
}

/** An ISO date as readers of any language read it. */
export function When({ iso }: { iso: string }) {
    if (!/^\d{4}-\d\d-\d\d/.test(iso)) return null
    return (
        <time dateTime={iso} title={iso}>
            {iso.slice(0, 10)}
        </time>
    )
}
