// Requests one page again and again, a millisecond after each answer, in a process of its own. Arguments: PORT PATH PID.
// Prints the waits when its standard input ends.
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMicroseconds } from '../measured-nginx.js'
import { percentilesOf } from '../measurement.js'
import type { Waits } from './probe.js'

const [port, path, pid] = process.argv.slice(2) as [string, string, string]
let isAsked = true
process.stdin.on('end', () => void (isAsked = false)).resume()
/** nginx closes a connection after 1,000. */
const requestsOfConnection = 500
const connect = async () => {
    const opened = net.connect(Number(port), '127.0.0.1').setNoDelay()
    await once(opened, 'connect')
    return opened
}
let socket = await connect()
const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
const waits: number[] = []
const held: number[] = []
process.stdout.write('ready\n')
while (isAsked) {
    if (waits.length % requestsOfConnection === requestsOfConnection - 1) {
        socket.destroy()
        socket = await connect()
    }
    const [cpu, began] = [cpuMicroseconds(Number(pid)), performance.now()]
    socket.write(request)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    waits.push(performance.now() - began)
    held.push((cpuMicroseconds(Number(pid)) - cpu) / 1000)
    if (!answer.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error(`nginx answered ${answer.toString()}`)
    await sleep(1)
}
socket.destroy()
const result: Waits = {
    requests: waits.length,
    ...percentilesOf(waits),
    longest: Math.max(0, ...waits),
    held: Math.max(0, ...held),
}
process.stdout.write(`${JSON.stringify(result)}\n`)
