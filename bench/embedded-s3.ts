import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { openBucket, type Bucket } from '../scripts/s3/bucket.js'
import { startS3Server, type RunningS3Server } from '../scripts/s3-server/server.js'

/** The bucket that the measured nginx serves. */
export const bucketName = 'my-pypi'

const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const region = 'us-east-1'

/** Credentials and region of clients in this process. */
export const access = { credentials, region }

/** The same credentials, as the environment of nginx. */
export const nginxEnvironment = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
}

/** The environment of a program that also needs the region. */
export const clientEnvironment = { ...nginxEnvironment, AWS_REGION: region, AWS_DEFAULT_REGION: region }

/** Starts the embedded S3 server. @param folder of its objects */
export function startEmbeddedS3(folder: string): Promise<RunningS3Server> {
    return startS3Server({ folder, credentials: [credentials], region })
}

/** Starts the embedded S3 server with `bucketName` as an empty bucket. @param folder of its objects */
export async function startEmbeddedBucket(folder: string): Promise<{ server: RunningS3Server; bucket: Bucket }> {
    const server = await startEmbeddedS3(folder)
    const bucket = openBucket({ bucket: bucketName, endpointUrl: server.endpoint, ...access })
    try {
        await bucket.create()
    } catch (error) {
        await server.close()
        throw error
    }
    return { server, bucket }
}

/** A proxy that counts the requests to an S3 server. */
export interface CountingProxy {
    /** `http://127.0.0.1:PORT` */
    endpoint: string
    /** Requests so far. */
    requests: number
    close(): Promise<void>
}

/**
 * Starts a proxy in front of an S3 server. It does not count requests to DynamoDB, and answers them as AWS does for a
 * missing table: s3pypi looks for a table and takes no lock when there is none.
 */
export async function startCountingProxy(endpoint: string): Promise<CountingProxy> {
    const agent = new http.Agent({ keepAlive: true })
    const server = http.createServer((request, response) => {
        if (request.headers['x-amz-target']?.toString().startsWith('DynamoDB_')) {
            response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
            response.end('{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}')
            return
        }
        proxy.requests += 1
        const { method = 'GET', url = '/', headers } = request
        // The signature covers these headers, Host among them.
        const passed = http.request(new URL(url, endpoint), { method, headers, agent })
        passed.on('response', (answer) => {
            response.writeHead(answer.statusCode ?? 502, answer.headers)
            pipeline(answer, response).catch(() => response.destroy())
        })
        pipeline(request, passed).catch(() => response.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = {
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        requests: 0,
        async close() {
            const closed = once(server, 'close')
            server.close()
            server.closeAllConnections()
            agent.destroy()
            await closed
        },
    }
    return proxy
}
