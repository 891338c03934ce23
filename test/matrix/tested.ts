/** What a suite proves of a program that is not this project's, for the table of tested versions. */
export type Tested =
    | { what: 'nginx'; version: string; njs: string; engine: string; tls: string }
    /** `feature` works or, where `lacks` is set, is proved not to be there. */
    | { what: 's3'; server: string; version: string; feature: string; lacks?: true }
    | { what: 'client'; name: string; version: string }

declare module 'vitest' {
    interface TaskMeta {
        /** Stands for the whole suite in which the test is: it is tested when all of its tests pass. */
        tested?: Tested
    }
}
