/** Which paths a run asks for. */
export type PathKind = 'recent' | 'recent +' | 'new' | 'new +' | 'file' | 'page'

/** Those that show what signing costs. */
export const pathKinds: readonly PathKind[] = ['recent', 'recent +', 'new', 'new +']

/** How many different paths are asked for again and again: more than one, fewer than a signature cache holds. */
const recentPaths = 500

/** How many pages: few enough that asking S3 for each again, some seconds later, is lost among the answers. */
const pages = 20

/**
 * Paths of files as pip asks for them: `recent` ones were asked for seconds before, `new` ones never, and the names
 * with a local version have a `+`, which pip sends as `%2B`. A `file` is like a recent one, a `page` that of a project:
 * for subjects that have them in a cache.
 *
 * @param first the number of the first path; with the same number `new` paths are no longer new
 */
export function pathPattern(kind: PathKind, first: number): PathPattern {
    if (kind === 'page') return { before: '/demo-project-', after: '/', first: 0, count: pages }
    const [age, plus] = kind.split(' ')
    return {
        before: '/demo-project/demo_project-1.0.',
        after: `${plus === undefined ? '' : '%2Bcpu'}-py3-none-any.whl`,
        first: age === 'new' ? first : 0,
        count: age === 'new' ? Infinity : recentPaths,
    }
}

/** The paths `before NUMBER after`, NUMBER from `first` on; after `count` of them from the first again. */
export interface PathPattern {
    before: string
    after: string
    first: number
    count: number
    /** Lines of more headers, each with its line break. */
    headers?: string
    /** The status of each answer; 200 unless said. */
    status?: number
}
