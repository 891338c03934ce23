import { useEffect, useState } from 'preact/hooks'
import { normalizeName } from '../core/project-name.js'
import { projectUrl } from './address.js'
import type { Metadata } from './metadata.js'
import { readProjectNames, type Release } from './read-index.js'
import { hostOf, shortened, visible, webLink } from './safe-text.js'

/** What a package says about itself. */
export function Sidebar({ metadata, release }: { metadata: Metadata | undefined; release: Release | undefined }) {
    const python = metadata?.requiresPython || release?.files.find((file) => file.requiresPython)?.requiresPython
    const people = (role: string) => metadata?.people.filter((each) => each.role === role).map(({ text }) => text) ?? []
    const facts = [
        { name: 'Requires Python', values: python ? [python] : [] },
        { name: 'License', values: metadata?.license ? [metadata.license.split('\n')[0]!] : [] },
        { name: 'Author', values: people('Author') },
        { name: 'Maintainer', values: people('Maintainer') },
        { name: 'Extras', values: metadata?.extras.slice(0, 200) ?? [] },
        { name: 'Keywords', values: metadata?.keywords.slice(0, 50) ?? [] },
    ]
    return (
        <>
            {metadata !== undefined && metadata.links.length > 0 && <Links links={metadata.links} />}
            {facts.some(({ values }) => values.length > 0) && (
                <section aria-labelledby="about">
                    <h2 id="about">About</h2>
                    <dl>
                        {facts.map(({ name, values }) => (
                            <Entry key={name} name={name} values={values} />
                        ))}
                    </dl>
                </section>
            )}
            {metadata !== undefined && metadata.requirements.length > 0 && (
                <Requirements requirements={metadata.requirements} />
            )}
            {metadata !== undefined && metadata.classifiers.length > 0 && (
                <Classifiers classifiers={metadata.classifiers} />
            )}
        </>
    )
}

function Entry({ name, values }: { name: string; values: readonly string[] }) {
    if (values.length === 0) return null
    return (
        <>
            <dt>{name}</dt>
            {values.map((value, at) => (
                <dd key={at}>
                    <bdi>{visible(shortened(value, 300))}</bdi>
                </dd>
            ))}
        </>
    )
}

function Links({ links }: { links: Metadata['links'] }) {
    return (
        <section aria-labelledby="links">
            <h2 id="links">Links</h2>
            <ul class="plain">
                {links.slice(0, 50).map(({ label, url }, at) => {
                    const link = webLink(url)
                    const text = visible(shortened(label || 'Link', 100))
                    return (
                        <li key={at}>
                            {link === undefined ? (
                                <bdi>
                                    {text}: {visible(shortened(url, 200))}
                                </bdi>
                            ) : (
                                <>
                                    <a href={link} rel="nofollow noopener noreferrer">
                                        <bdi>{text}</bdi>
                                    </a>{' '}
                                    <span class="facts">{hostOf(link)}</span>
                                </>
                            )}
                        </li>
                    )
                })}
            </ul>
        </section>
    )
}

/** @see PyPA, "Dependency specifiers" */
const requirement = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*([^;]*?)\s*(?:;\s*(.*))?$/s
const firstRequirements = 30

function Requirements({ requirements }: { requirements: readonly string[] }) {
    const [here, setHere] = useState<ReadonlySet<string>>(new Set())
    const [count, setCount] = useState(firstRequirements)
    useEffect(() => {
        // Without the list of projects nothing is linked.
        readProjectNames().then(
            (names) => setHere(new Set(names)),
            () => {},
        )
    }, [])
    return (
        <section aria-labelledby="dependencies">
            <h2 id="dependencies">Dependencies</h2>
            <ul class="plain">
                {requirements.slice(0, count).map((text, at) => {
                    const [, name, extras = '', specifiers = '', marker] = requirement.exec(text.slice(0, 2000)) ?? []
                    if (name === undefined) return <li key={at}>{visible(shortened(text, 200))}</li>
                    const normalized = normalizeName(name)
                    return (
                        <li key={at}>
                            {here.has(normalized) ? <a href={projectUrl(normalized)}>{name}</a> : name}
                            {visible(shortened(extras, 100))} {visible(shortened(specifiers, 200))}
                            {marker !== undefined && <span class="facts"> if {visible(shortened(marker, 200))}</span>}
                        </li>
                    )
                })}
            </ul>
            {requirements.length > count && (
                <button type="button" class="more" onClick={() => setCount(count + 500)}>
                    Show more
                </button>
            )}
        </section>
    )
}

function Classifiers({ classifiers }: { classifiers: readonly string[] }) {
    const groups = new Map<string, string[]>()
    for (const text of classifiers.slice(0, 300)) {
        const group = text.split(' :: ')[0]!
        groups.set(group, [...(groups.get(group) ?? []), text])
    }
    return (
        <section aria-labelledby="classifiers">
            <h2 id="classifiers">Classifiers</h2>
            <dl>
                {[...groups].map(([name, values]) => (
                    <Entry
                        key={name}
                        name={visible(shortened(name, 100))}
                        values={values.map((text) => text.split(' :: ').slice(1).join(' › ') || text)}
                    />
                ))}
            </dl>
        </section>
    )
}
