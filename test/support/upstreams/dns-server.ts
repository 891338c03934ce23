import dgram from 'node:dgram'
import { once } from 'node:events'

/** A DNS server that knows one address for every name, and tells it for one second. */
export interface DnsServer {
    /** `127.0.0.1:PORT` */
    address: string
    /** The address that it answers with; undefined: the name does not exist. */
    answer: string | undefined
    close(): Promise<void>
}

/** @param answer an IPv4 address */
export async function startDnsServer(answer: string | undefined): Promise<DnsServer> {
    const socket = dgram.createSocket('udp4')
    socket.on('message', (query, from) => socket.send(reply(query, server.answer), from.port, from.address))
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const server: DnsServer = {
        address: `127.0.0.1:${socket.address().port}`,
        answer,
        close: async () => {
            socket.close()
            await once(socket, 'close')
        },
    }
    return server
}

/** The answer to a query with one question. @see RFC 1035, section 4 */
function reply(query: Buffer, address: string | undefined): Buffer {
    const questionEnd = query.indexOf(0, 12) + 5
    const isA = query.readUInt16BE(questionEnd - 4) === 1
    const hasAnswer = isA && address !== undefined
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(address === undefined ? 0x8183 : 0x8180, 2) // a response: no such name, or no error
    header.writeUInt16BE(hasAnswer ? 1 : 0, 6)
    header.fill(0, 8) // no authority, nothing additional
    const record = hasAnswer
        ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number)])
        : Buffer.alloc(0)
    return Buffer.concat([header, query.subarray(12, questionEnd), record])
}
