import type { DownloadsJson } from '../core/index/download-counts.js'
import { useEffect, useState } from 'preact/hooks'
import { formatSize } from '../core/format-size.js'
import { normalizeVersion, sameVersion } from '../core/version.js'
import { plainUrl, projectUrl, searchUrl } from './address.js'
import { Description } from './description.js'
import { Files } from './files.js'
import { Frame, When } from './frame.js'
import { InstallLines } from './install-lines.js'
import { parseMetadata, type Metadata } from './metadata.js'
import { Downloads, useDownloads } from './downloads.js'
import { Missing } from './missing-project.js'
import { metadataUrl, readProject, shownRelease, Unreadable, type Project, type Release } from './read-index.js'
import { readMetadataText } from './read-start.js'
import { shortened, visible } from './safe-text.js'
import { Sidebar } from './sidebar.js'

type Loaded = { project: Project } | { problem: Unreadable }

/** A project, or one version of it. @param name normalised @param version as in the address */
export function ProjectPage({ name, version }: { name: string; version: string | undefined }) {
    const [loaded, setLoaded] = useState<Loaded>()
    useEffect(() => {
        readProject(name).then(
            (project) => setLoaded({ project }),
            (error: unknown) => {
                if (!(error instanceof Unreadable)) throw error
                setLoaded({ problem: error })
            },
        )
    }, [])
    return (
        <Frame query="" onEnter={(query) => void (location.href = searchUrl(query))}>
            {loaded === undefined ? (
                <div class="inner">
                    <h1>{name}</h1>
                    <p role="status">Loading…</p>
                </div>
            ) : 'problem' in loaded ? (
                <Missing name={name} problem={loaded.problem} />
            ) : (
                <Loaded project={loaded.project} version={version} />
            )}
        </Frame>
    )
}

function Loaded({ project, version }: { project: Project; version: string | undefined }) {
    const { name, releases } = project
    const wanted = version === undefined ? undefined : normalizeVersion(version)
    const release =
        version === undefined
            ? shownRelease(project)
            : releases.find((each) => wanted !== undefined && sameVersion(each.version, wanted))
    const read = useMetadata(release)
    const counts = useDownloads(name)
    useEffect(() => {
        document.title = `${name}${release === undefined ? '' : ` ${release.version}`} · Package index`
    }, [])
    if (release === undefined && version !== undefined) {
        return (
            <div class="inner">
                <h1>{name}</h1>
                <p role="status">
                    There is no version <bdi>{visible(shortened(version, 100))}</bdi> of this project here.
                </p>
                <Versions project={project} shown={undefined} counts={counts} />
            </div>
        )
    }
    const metadata = read?.metadata
    const newest = shownRelease(project)
    return (
        <>
            <div class="band">
                <div class="inner">
                    <h1>
                        {name} {release !== undefined && <span class="version">{release.version}</span>}
                    </h1>
                    {metadata !== undefined && metadata.summary !== '' && (
                        <p class="summary">
                            <bdi>{visible(shortened(metadata.summary, 1000))}</bdi>
                        </p>
                    )}
                    <Notices project={project} release={release} newest={newest} />
                    {release !== undefined && (
                        <InstallLines what={release === newest ? name : `${name}==${release.version}`} />
                    )}
                </div>
            </div>
            <div class="inner columns">
                <div class="content">
                    <section aria-labelledby="description">
                        <h2 id="description">Description</h2>
                        {release === undefined ? (
                            <p>{project.others.length > 0 ? 'No file has a version.' : 'This project has no files.'}</p>
                        ) : read === undefined ? (
                            <p role="status">Loading…</p>
                        ) : read.metadata === undefined ? (
                            <p>{read.problem}</p>
                        ) : (
                            <Description metadata={read.metadata} isWhole={read.isWhole} />
                        )}
                    </section>
                    <section aria-labelledby="files">
                        <h2 id="files">Files</h2>
                        {release !== undefined && <Files files={release.files} />}
                        {project.others.length > 0 && (
                            <>
                                <h3>Files of no version</h3>
                                <Files files={project.others} />
                            </>
                        )}
                    </section>
                </div>
                <div class="side">
                    {counts !== undefined && <Downloads counts={counts} />}
                    <Sidebar metadata={metadata} release={release} />
                    <Versions project={project} shown={release} counts={counts} />
                </div>
            </div>
        </>
    )
}

interface Read {
    metadata?: Metadata
    /** Whether the description is complete. */
    isWhole: boolean
    problem?: string
}

function useMetadata(release: Release | undefined): Read | undefined {
    const [read, setRead] = useState<Read>()
    useEffect(() => {
        const url = release && metadataUrl(release)
        if (url === undefined) {
            const problem = 'The index holds no metadata for this version: manage-index rebuild adds it for wheels.'
            return setRead({ isWhole: true, problem })
        }
        readMetadataText(url).then(
            ({ text, isWhole }) => setRead({ metadata: parseMetadata(text), isWhole }),
            (error: Error) => setRead({ isWhole: true, problem: `The metadata cannot be read: ${error.message}` }),
        )
    }, [])
    return read
}

function Notices(props: { project: Project; release: Release | undefined; newest: Release | undefined }) {
    const { project, release, newest } = props
    const reasons = [...new Set(release?.files.map(({ yanked }) => yanked).filter(Boolean))] as string[]
    return (
        <>
            {project.status !== 'active' && (
                <p class="notice">
                    This project is <bdi>{visible(shortened(project.status, 50))}</bdi>
                    {project.reason !== undefined && (
                        <>
                            : <bdi>{visible(shortened(project.reason, 500))}</bdi>
                        </>
                    )}
                </p>
            )}
            {release?.isYanked && (
                <p class="notice">
                    This version is yanked: installers choose it only if it is named exactly.
                    {reasons.map((reason) => (
                        <bdi key={reason}> {visible(shortened(reason, 500))}</bdi>
                    ))}
                </p>
            )}
            {release !== undefined && newest !== undefined && newest !== release && (
                <p class="notice">
                    The newest version is <a href={projectUrl(project.name)}>{newest.version}</a>.
                </p>
            )}
        </>
    )
}

/** Versions that are shown at first. */
const firstVersions = 20

function Versions(props: { project: Project; shown: Release | undefined; counts: DownloadsJson | undefined }) {
    const { project, shown, counts } = props
    const [count, setCount] = useState(firstVersions)
    const { name, releases } = project
    return (
        <section aria-labelledby="versions">
            <h2 id="versions">
                {releases.length === 1 ? '1 version' : `${releases.length.toLocaleString('en')} versions`}
            </h2>
            <ol class="versions">
                {releases.slice(0, count).map((release) => (
                    <li key={release.version}>
                        <a
                            href={projectUrl(name, release.version)}
                            {...(release === shown ? { 'aria-current': 'page' as const } : {})}
                        >
                            {release.version}
                        </a>{' '}
                        {release.isYanked && <span class="mark">yanked</span>}{' '}
                        {release.isPrerelease && <span class="mark">pre-release</span>}{' '}
                        <span class="facts">
                            {release.files[0]?.uploaded !== undefined && (
                                <>
                                    <When iso={release.files[0].uploaded} />
                                    {' · '}
                                </>
                            )}
                            {sizeOf(release)}
                            {downloadsOf(release, counts)}
                        </span>
                    </li>
                ))}
            </ol>
            {releases.length > count && (
                <button type="button" class="more" onClick={() => setCount(count + 200)}>
                    Show more
                </button>
            )}
            <p>
                <a href={plainUrl(name).href}>The plain page of this project</a>
            </p>
        </section>
    )
}

function downloadsOf({ version }: Release, counts: DownloadsJson | undefined): string {
    const count = counts?.versions?.[version]
    if (count === undefined) return ''
    return ` · ${count.toLocaleString('en')} download${count === 1 ? '' : 's'}`
}

function sizeOf({ files }: Release): string {
    const sizes = files.flatMap(({ size }) => size ?? [])
    const count = `${files.length} file${files.length === 1 ? '' : 's'}`
    return sizes.length === 0 ? count : `${count}, ${formatSize(sizes.reduce((sum, size) => sum + size, 0))}`
}
