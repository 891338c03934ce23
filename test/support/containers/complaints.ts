/** What nginx asks S3 for `/-/readyz` before it has looked up the address, which it does after its start. */
const notYetReady = /(?:no live upstreams|auth request unexpected status: 502) .*HEAD \/-\/readyz/

/** The lines of a log in which nginx complains, but of not being ready: that is what `/-/readyz` was asked for. */
export function complaintsIn(log: string): string[] {
    const lines = log.match(/.*\[(?:warn|error|crit|alert|emerg)\].*/g) ?? []
    return lines.filter((line) => !notYetReady.test(line))
}
