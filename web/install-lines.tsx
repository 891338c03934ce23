import { useState } from 'preact/hooks'
import { indexUrl, user } from './address.js'
import { CopyButton } from './frame.js'

/** The tools, and what to write for each: commands, or the lines of a file. */
const tools = {
    pip: (url: string, what: string) => `pip install --index-url ${url} ${what}`,
    uv: (url: string, what: string) =>
        `uv pip install --index-url ${url} ${what}\n# In a project:\nuv add --default-index ${url} ${what}`,
    // Both write the URL into a file that is committed: the password stands elsewhere.
    poetry: (_: string, what: string) =>
        `poetry source add --priority=primary private ${indexUrl.href}\n` +
        (user === undefined ? '' : `poetry config http-basic.private ${user} TOKEN\n`) +
        `poetry add --source private ${what}`,
    pdm: (_: string, what: string) =>
        `pdm config --local pypi.url ${indexUrl.href}\n` +
        (user === undefined ? '' : `export PDM_PYPI_USERNAME=${user} PDM_PYPI_PASSWORD=TOKEN\n`) +
        `pdm add ${what}`,
}
type Tool = keyof typeof tools

/** The user and the password stand where the reader replaces them. */
const url = user === undefined ? indexUrl.href : indexUrl.href.replace('://', `://${user}:TOKEN@`)

/** Lines that install a requirement, by tool. @param what `demo` or `demo==1!1.0`: ASCII, of which shells interpret only "!" */
export function InstallLines({ what }: { what: string }) {
    const [tool, setTool] = useState<Tool>(remembered)
    const choose = (chosen: Tool) => {
        setTool(chosen)
        remember(chosen)
    }
    const line = tools[tool](url, what.includes('!') ? `'${what}'` : what)
    return (
        <section class="install" aria-label="Installation">
            <div class="tools" role="group" aria-label="Tool">
                {(Object.keys(tools) as Tool[]).map((each) => (
                    <button key={each} type="button" aria-pressed={each === tool} onClick={() => choose(each)}>
                        {each}
                    </button>
                ))}
            </div>
            <div class="line">
                <pre tabIndex={0} aria-label={`Commands for ${tool}`}>
                    <code>{line}</code>
                </pre>
                <CopyButton text={line} label={`the commands for ${tool}`} />
            </div>
            {user !== undefined && (
                <p class="hint">
                    Replace {user === 'USER' ? 'USER and TOKEN' : 'TOKEN'}, or keep the password in ~/.netrc.
                </p>
            )}
        </section>
    )
}

const key = 'nginx-s3-pypi tool'

/** Browsers may refuse storage. */
function remembered(): Tool {
    try {
        const tool = localStorage.getItem(key) ?? ''
        return Object.hasOwn(tools, tool) ? (tool as Tool) : 'pip'
    } catch {
        return 'pip'
    }
}

function remember(tool: Tool): void {
    try {
        localStorage.setItem(key, tool)
    } catch {
        // The next page shows pip's line.
    }
}
