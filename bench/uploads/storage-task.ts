// The embedded S3 server with an empty bucket, in a process of its own. Argument: the folder of its objects. It prints its
// address and ends with its standard input.
import { startEmbeddedBucket } from '../embedded-s3.js'

const { server } = await startEmbeddedBucket(process.argv[2]!)
process.stdin.on('end', () => void server.close()).resume()
process.stdout.write(`${server.endpoint}\n`)
