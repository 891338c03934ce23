import { docker, uniqueName } from './docker.js'
import { makeSampleIndex, type SampleIndex } from '../index/sample-index.js'
import { startS3InNetwork } from './s3-in-network.js'
import { startS3, type S3Server } from '../s3/s3-servers.js'

/** A network of containers of a test's own, and in it an S3 server with the sample index. */
export interface SampleInNetwork {
    network: string
    s3: S3Server
    sample: SampleIndex
    close(): Promise<void>
}

/** @param alias the host name of the S3 server in the network */
export async function startSampleInNetwork(image: string, alias?: string): Promise<SampleInNetwork> {
    const s3 = await startS3('embedded')
    const sample = await makeSampleIndex(s3)
    const network = uniqueName()
    await docker('network', 'create', network)
    const relay = await startS3InNetwork(s3, image, network, alias)
    return {
        network,
        s3,
        sample,
        close: async () => {
            await relay.close()
            await docker('network', 'rm', network)
            await s3.close()
        },
    }
}
