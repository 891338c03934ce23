/** What a User-Agent tells: both from short lists, so that counts by them stay small. */
export interface Installer {
    /** `pip`, `uv`, …, or `other`. */
    name: string
    /** `3.12`; `unknown` if the client does not say. */
    python: string
}

/** The first product of a User-Agent. pipenv downloads with pip, and says so. */
const installers = new Set(
    'pip uv poetry pdm pipenv hatch flit setuptools conda bandersnatch devpi-server pypiserver curl Wget aria2'.split(
        ' ',
    ),
)

/**
 * Reads a User-Agent.
 *
 * pip and uv send JSON, poetry and pdm a product for each part:
 * `pip/26.3 {…,"python":"3.12.3",…}`, `uv/0.13.9 {…,"python":"3.12.3",…}`, `poetry/2.5.1 CPython/3.12.3 Linux/6.1`.
 *
 * @see pip, network/session.py; uv-client, linehaul.rs; requests-toolbelt, user_agent.py; pdm, models/session.py
 */
export function installerOf(userAgent: string): Installer {
    const product = /^([A-Za-z][A-Za-z0-9._-]{0,30})\//.exec(userAgent)?.[1] ?? ''
    const name = installers.has(product) ? product.toLowerCase() : product === 'Mozilla' ? 'browser' : 'other'
    const written = /"python":"(\d+\.\d+)|\b(?:CPython|PyPy)\/(\d+\.\d+)/.exec(userAgent)
    const python = written?.[1] ?? written?.[2] ?? ''
    return { name, python: /^[23]\.\d{1,2}$/.test(python) ? python : 'unknown' }
}
