import { readFile } from 'node:fs/promises'
import { createAuthority } from '../machine/certificates.js'
import { startPypi, type PypiServer } from '../upstreams/pypi-server.js'
import { startTlsRelay } from './s3-in-network.js'

/** The host of the public index in the network. */
const host = 'pypi.example'

/** A PyPI that containers of a network reach with TLS. */
export interface PypiInNetwork {
    pypi: PypiServer
    /** The certificate of its authority. */
    authority: string
    close(): Promise<void>
}

export async function startPypiInNetwork(image: string, network: string): Promise<PypiInNetwork> {
    const pypi = await startPypi()
    const authority = createAuthority()
    const port = Number(new URL(pypi.endpoint).port)
    const relay = await startTlsRelay(port, image, network, host, authority.issue(host))
    Object.assign(pypi, { endpoint: `https://${host}`, url: `https://${host}/simple/` })
    return {
        pypi,
        authority: await readFile(authority.file, 'utf8'),
        close: async () => {
            await relay.close()
            await pypi.close()
        },
    }
}
