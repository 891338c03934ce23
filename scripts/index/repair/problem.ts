/** Something in a bucket that is not as it should be. */
export interface Problem {
    kind:
        | 'broken-page'
        | 'changed-file'
        | 'missing-file'
        | 'missing-metadata'
        | 'missing-page'
        | 'orphan'
        | 'stale-metadata'
        | 'stale-page'
        | 'unindexed-file'
        | 'unknown-object'
        | 'unknown-status'
        | 'unlisted-project'
        | 'unreadable-file'
        | 'wrong-hash'
        | 'wrong-list'
        | 'wrong-requires-python'
        | 'wrong-yank'
    /** Of the object that is concerned. */
    key: string
    /** The end of a sentence that begins with the key. */
    detail: string
}
