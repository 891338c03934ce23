import type { Tested } from './tested.js'
import { cells, machine } from './cells.js'
import { verdict, type Claim, type Results } from './results.js'

const columns = [...cells.map(({ name }) => name), machine]

/** docs/tested-versions.md: the same results make the same text. */
export function renderTable({ date, cells: results, claims }: Results): string {
    const sections = [
        `# Tested versions

Written by \`npm run matrix -- --table docs/tested-versions.md\` from its test results on ${date}. The programs reported
their versions. Only tests that ran are listed as passed.`,
        `## nginx

Each nginx comes from Debian's packages, in a separate root. \`${machine}\` is the tests that do not depend on nginx's version.`,
        markdown(
            ['', 'nginx', 'njs', 'engine', 'TLS', 'tests passed', ''],
            columns.map((name) => {
                const result = results.find((each) => each.name === name)
                const nginx = claimsOf(claims, 'nginx').find(({ cell }) => cell === name)?.tested
                const about = [nginx?.version, nginx?.njs, nginx?.engine, nginx?.tls].map((text) => text ?? '–')
                return [name, ...about, String(result?.passed ?? 0), result ? verdict(result) : 'not run']
            }),
        ),
        `## S3 servers

Each server is tested with the right secret and a wrong one, and with every hostile key in every spelling. "refused": the
server does not support the signature, and the index answers 502.`,
        markdown(['server', 'version', '', ...columns], s3Rows(claimsOf(claims, 's3'))),
        '## Python clients',
        markdown(
            ['client', 'version', ''],
            claimsOf(claims, 'client').map(({ tested, passed }) => [
                tested.name,
                tested.version,
                passed ? 'passed' : 'failed',
            ]),
        ),
    ]
    return sections.join('\n\n') + '\n'
}

type ClaimOf<What> = Omit<Claim, 'tested'> & { tested: Extract<Tested, { what: What }> }

function claimsOf<What extends Tested['what']>(claims: Claim[], what: What): ClaimOf<What>[] {
    return claims
        .filter((claim): claim is ClaimOf<What> => claim.tested.what === what)
        .sort((a, b) => compare(JSON.stringify(a.tested), JSON.stringify(b.tested)) || compare(a.cell, b.cell))
}

/** A row for each feature of each server, a column for each cell. */
function s3Rows(claims: ClaimOf<'s3'>[]): string[][] {
    const rows = new Map<string, ClaimOf<'s3'>[]>()
    for (const claim of claims) {
        const { server, version, feature } = claim.tested
        const key = JSON.stringify([server, version, feature])
        rows.set(key, [...(rows.get(key) ?? []), claim])
    }
    return [...rows].map(([key, row]) => [
        ...(JSON.parse(key) as string[]),
        ...columns.map((name) => {
            const here = row.filter(({ cell }) => cell === name)
            if (here.length === 0) return '–'
            if (!here.every(({ passed }) => passed)) return 'failed'
            return here.some(({ tested }) => tested.lacks) ? 'refused' : 'passed'
        }),
    ])
}

/** A table whose columns are as wide as Prettier makes them. */
function markdown(head: string[], rows: string[][]): string {
    const escaped = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
    const widths = head.map((_, index) => Math.max(3, ...escaped.map((row) => row[index]!.length)))
    const line = (row: string[]) => `| ${row.map((cell, index) => cell.padEnd(widths[index]!)).join(' | ')} |`
    const [first, ...rest] = escaped
    return [line(first!), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join('\n')
}

function compare(a: string, b: string): number {
    return a < b ? -1 : a > b ? 1 : 0
}
