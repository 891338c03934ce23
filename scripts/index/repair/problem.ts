/** An inconsistency in a bucket. */
export interface Problem {
    kind:
        | 'abandoned-upload'
        | 'broken-page'
        | 'changed-file'
        | 'missing-file'
        | 'missing-metadata'
        | 'missing-page'
        | 'missing-provenance'
        | 'orphan'
        | 'stale-metadata'
        | 'stale-page'
        | 'stale-provenance'
        | 'unindexed-file'
        | 'unknown-object'
        | 'unknown-status'
        | 'unlisted-project'
        | 'unreadable-file'
        | 'wrong-hash'
        | 'wrong-list'
        | 'wrong-requires-python'
        | 'wrong-yank'
    /** Key of the affected object. */
    key: string
    /** Completes a sentence that starts with the key. */
    detail: string
}
