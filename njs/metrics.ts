// Metrics of this nginx, for Prometheus. A separate script, which runs when they are requested: no other request runs more
// script for them. So they hold what nginx and the scripts remember anyway; docs/metrics.md says how its access log tells
// the rest.

import { metricsText, type Metric } from './metrics-text.js'

/** The session of refresh-credentials.ts and its state, in shared memory. */
const sessionKey = 'session'
const stateKey = 'state'

/** The answer to /-/metrics. */
function show(r: NginxHTTPRequest): void {
    r.subrequest('/-/metrics-connections', function (connections) {
        const began = Date.now()
        r.subrequest('/-/metrics-bucket', { method: 'HEAD' }, function (bucket) {
            const seconds = (Date.now() - began) / 1000
            const isReadable = bucket.status >= 200 && bucket.status < 300
            r.headersOut['Content-Type'] = 'text/plain; version=0.0.4; charset=utf-8'
            r.headersOut['Cache-Control'] = 'no-store'
            r.return(
                200,
                metricsText(
                    [buildInfo(r)].concat(
                        connectionMetrics(connections.responseText || ''),
                        bucketMetrics(isReadable, seconds),
                        sessionMetrics(),
                    ),
                ),
            )
        })
    })
}

function buildInfo(r: NginxHTTPRequest): Metric {
    const labels = { nginx: r.variables.nginx_version || '', njs: njs.version }
    return {
        name: 'nginx_s3_pypi_build_info',
        type: 'gauge',
        help: 'Versions of nginx and njs.',
        values: [[labels, 1]],
    }
}

/** @param text the answer of stub_status */
function connectionMetrics(text: string): Metric[] {
    const totals = /^ (\d+) (\d+) (\d+) /m.exec(text)
    const states = /Reading: (\d+) Writing: (\d+) Waiting: (\d+)/.exec(text)
    if (!totals || !states) return []
    const counter = (name: string, help: string, value: string | undefined): Metric => {
        return { name, type: 'counter', help, values: [[{}, Number(value)]] }
    }
    return [
        counter('nginx_connections_accepted_total', 'Accepted connections.', totals[1]),
        counter('nginx_connections_handled_total', 'Handled connections.', totals[2]),
        counter('nginx_http_requests_total', 'Requests; with a cache, also those of the cache for S3.', totals[3]),
        {
            name: 'nginx_connections',
            type: 'gauge',
            help: 'Connections by state.',
            values: ['reading', 'writing', 'waiting'].map((state, at) => [{ state }, Number(states[at + 1])]),
        },
    ]
}

/** nginx asks S3 at most once a second, also for health checks. */
function bucketMetrics(isReadable: boolean, seconds: number): Metric[] {
    return [
        {
            name: 'nginx_s3_pypi_bucket_readable',
            type: 'gauge',
            help: 'Whether S3 answers, and these credentials may read the bucket.',
            values: [[{}, isReadable ? 1 : 0]],
        },
        {
            name: 'nginx_s3_pypi_bucket_probe_seconds',
            type: 'gauge',
            help: 'Time of that request; about 0 if the answer of another request in this second was used.',
            values: [[{}, seconds]],
        },
    ]
}

/** Only of sessions that nginx renews. */
function sessionMetrics(): Metric[] {
    const memory = ngx.shared && (ngx.shared.s3_credentials as NgxSharedDict<string> | undefined)
    if (!memory) return []
    // Its first line: the other lines are secret.
    const expires = Number((memory.get(sessionKey) || '0').split('\n')[0])
    const state = JSON.parse(memory.get(stateKey) || '{}') as { failures?: number }
    return [
        {
            name: 'nginx_s3_pypi_session_expiry_timestamp_seconds',
            type: 'gauge',
            help: 'When the session with S3 expires; 0 without a session, or if it does not expire.',
            values: [[{}, expires / 1000]],
        },
        {
            name: 'nginx_s3_pypi_session_refresh_failures',
            type: 'gauge',
            help: 'Failures to renew the session since the last success.',
            values: [[{}, state.failures || 0]],
        },
    ]
}

export default { show }
