import { useEffect, useMemo, useState } from 'preact/hooks'
import { indexUrl, projectUrl, searchUrl } from './address.js'
import type { DownloadsJson } from '../core/index/download-counts.js'
import { useDownloads } from './downloads.js'
import { FactReader, type Facts } from './facts.js'
import { CopyButton, focusNext, Frame, When } from './frame.js'
import { InstallLines } from './install-lines.js'
import { isName, readProjectNames, Unreadable } from './read-index.js'
import { visible, shortened } from './safe-text.js'
import { readSummaries } from './read-summaries.js'
import { search, searchText } from './search.js'

/** Results at a time. */
const pageSize = 25
/** Projects that are read in the background at most: two small requests each, once. */
const inBackground = 300

/** The list of projects, and the search over it. */
export function ListPage() {
    const [query, setQuery] = useState(() => new URLSearchParams(location.search).get('q')?.slice(0, 200) ?? '')
    const [shown, setShown] = useState(pageSize)
    const [names, setNames] = useState<readonly string[]>()
    const [problem, setProblem] = useState<string>()
    const [, setKnown] = useState(0)
    const reader = useMemo(() => new FactReader(atIntervals(() => setKnown((count) => count + 1))), [])

    useEffect(() => {
        readProjectNames().then(setNames, (error: unknown) => {
            if (!(error instanceof Unreadable)) throw error
            // An empty bucket has a page; a bucket with files and without one has an answer that names the cure.
            setProblem(error.message.slice(0, 500))
        })
    }, [])

    const [stored, setStored] = useState<ReadonlyMap<string, string>>()
    useEffect(() => {
        void readSummaries().then((summaries) => {
            reader.take(summaries)
            setStored(summaries)
        })
    }, [])

    const counts = useDownloads()
    const isSmall = names !== undefined && names.length <= inBackground
    const missing = useMemo(() => stored && names?.filter((name) => !stored.has(name)), [names, stored])
    const unread = isSmall ? names : missing && missing.length <= inBackground ? missing : undefined
    // New summaries can change what is found. Those of a few projects of many would not be worth the time.
    const revision = unread === undefined ? 0 : reader.revision
    const all = useMemo(() => searchText(names ?? [], reader.summaries), [names, stored, revision])
    const found = useMemo(() => search(all, query), [all, query])
    const results = found.slice(0, shown)
    useEffect(() => {
        if (names === undefined) return
        if (unread !== undefined) reader.want(unread)
        reader.want(results)
    }, [unread, results.join()])

    const ask = (text: string) => {
        setQuery(text)
        setShown(pageSize)
        history.replaceState(null, '', searchUrl(text.trim()))
    }
    const openFirst = () => {
        if (found[0] !== undefined && query.trim() !== '') location.href = projectUrl(found[0])
    }
    return (
        <Frame query={query} onQuery={ask} onEnter={openFirst}>
            <div class="inner">
                <h1 class={query === '' ? '' : 'hidden'}>Package index</h1>
                {query === '' && <IndexAddress />}
                {isSmall && query === '' && <Recent facts={reader.facts} />}
                {query === '' && counts !== undefined && <Popular counts={counts} />}
                <div role="status">
                    <h2>{problem ?? countText(names?.length, found.length, query)}</h2>
                </div>
                <ul class="results">
                    {results.map((name) => (
                        <Result key={name} name={name} facts={reader.facts.get(name)} summary={reader.summary(name)} />
                    ))}
                </ul>
                {found.length > shown && (
                    <button type="button" class="more" onClick={() => setShown(shown + pageSize * 4)}>
                        Show more
                    </button>
                )}
                {names !== undefined && found.length === 0 && query !== '' && (
                    <p>
                        No name{unread !== undefined || stored?.size ? ' or summary' : ''} contains these words.{' '}
                        <a href={searchUrl('')}>Show all projects</a>
                    </p>
                )}
                {names?.length === 0 && query === '' && (
                    <p>Publish the first one with publish-package, or with an upload by twine or uv.</p>
                )}
            </div>
        </Frame>
    )
}

function IndexAddress() {
    return (
        <>
            <p class="address">
                <span>Index URL</span> <code>{indexUrl.href}</code>{' '}
                <CopyButton text={indexUrl.href} label="the index URL" />
            </p>
            <InstallLines what="PROJECT" />
        </>
    )
}

function Recent({ facts }: { facts: ReadonlyMap<string, Facts> }) {
    const latest = [...facts].filter(([, { uploaded }]) => uploaded !== '')
    latest.sort(([, a], [, b]) => (a.uploaded < b.uploaded ? 1 : -1))
    if (latest.length === 0) return null
    return (
        <section aria-labelledby="recent">
            <h2 id="recent">Recently published</h2>
            <ul class="recent">
                {latest.slice(0, 6).map(([name, { version, uploaded }]) => (
                    <li key={name}>
                        <a href={projectUrl(name)}>{name}</a> {version} <When iso={uploaded} />
                    </li>
                ))}
            </ul>
        </section>
    )
}

function Popular({ counts: { projects = {}, first, last } }: { counts: DownloadsJson }) {
    const most = Object.entries(projects).filter(([name]) => isName(name))
    // Objects list keys that are numbers first.
    most.sort(([, a], [, b]) => b - a)
    if (most.length === 0) return null
    return (
        <section aria-labelledby="popular">
            <h2 id="popular">Most downloaded</h2>
            <ul class="recent" title={`From ${first} to ${last}`}>
                {most.slice(0, 6).map(([name, count]) => (
                    <li key={name}>
                        <a href={projectUrl(name)}>{name}</a> <span class="facts">{count.toLocaleString('en')}</span>
                    </li>
                ))}
            </ul>
        </section>
    )
}

function Result({ name, facts, summary }: { name: string; facts: Facts | undefined; summary: string }) {
    return (
        <li>
            <a
                href={projectUrl(name)}
                onKeyDown={(event) => {
                    if (event.key === 'ArrowDown') focusNext(event, 1)
                    if (event.key === 'ArrowUp') focusNext(event, -1)
                }}
            >
                <span class="name">{name}</span>
                {facts?.version !== undefined && <span class="version">{facts.version}</span>}
                {facts !== undefined && facts.uploaded !== '' && <When iso={facts.uploaded} />}
                {summary !== '' && <bdi class="summary">{visible(shortened(summary, 300))}</bdi>}
            </a>
        </li>
    )
}

function countText(all: number | undefined, found: number, query: string): string {
    if (all === undefined) return 'Loading the list of projects…'
    const count = found.toLocaleString('en')
    if (query.trim() === '') return all === 0 ? 'The index is empty' : `${count} project${found === 1 ? '' : 's'}`
    return `${count} result${found === 1 ? '' : 's'}`
}

/** Calls a function at most once in 30 ms. */
function atIntervals(action: () => void): () => void {
    let waits = false
    return () => {
        if (waits) return
        waits = true
        setTimeout(() => {
            waits = false
            action()
        }, 30)
    }
}
