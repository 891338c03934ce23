import { useEffect, useState } from 'preact/hooks'
import { fallback, projectUrl, searchUrl } from './address.js'
import { readProjectNames, type Unreadable } from './read-index.js'
import { nearNames } from './search.js'

/** A project that the index does not have: why, and names that the reader may have meant. */
export function Missing({ name, problem }: { name: string; problem: Unreadable }) {
    const [near, setNear] = useState<readonly string[]>([])
    useEffect(() => {
        document.title = `${name} · Package index`
        if (problem.kind !== 'failed')
            readProjectNames().then(
                (names) => setNear(nearNames(names, name)),
                () => {},
            )
    }, [])
    return (
        <div class="inner">
            <h1>{name}</h1>
            <p role="status">
                {problem.kind === 'missing' && 'There is no such project here. '}
                {problem.kind === 'failed' && `The project cannot be read now. ${problem.message}`}
                {problem.kind === 'elsewhere' && 'This index does not have the project: installers are redirected to '}
                {problem.kind === 'elsewhere' && <Elsewhere name={name} />}
            </p>
            {near.length > 0 && (
                <>
                    <h2>Similar names</h2>
                    <ul class="plain">
                        {near.map((each) => (
                            <li key={each}>
                                <a href={projectUrl(each)}>{each}</a>
                            </li>
                        ))}
                    </ul>
                </>
            )}
            <p>
                <a href={searchUrl(name)}>Search for {name}</a> · <a href={searchUrl('')}>Show all projects</a>
            </p>
        </div>
    )
}

function Elsewhere({ name }: { name: string }) {
    if (fallback === undefined) return <>another index.</>
    // Only of this index it is known where its pages for people are.
    const link = fallback === 'https://pypi.org/simple/' ? `https://pypi.org/project/${name}/` : `${fallback}${name}/`
    return (
        <>
            <a href={link} rel="noreferrer">
                {new URL(fallback).host}
            </a>
            .
        </>
    )
}
