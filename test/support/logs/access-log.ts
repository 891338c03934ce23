/** Fields of a line that a test sets. */
export interface LoggedRequest {
    time?: string
    client?: string
    method?: string
    uri?: string
    project?: string
    status?: number
    user_agent?: string
}

let requests = 0

/** A line as `log_format pypi` writes it, with another request ID each time. */
export function logLine(request: LoggedRequest = {}): string {
    const { time = '2026-11-27T10:00:00+00:00', client = '10.0.0.1', method = 'GET', status = 200 } = request
    const { project = 'acme', uri = `/simple/${project}/${project}-1.0-py3-none-any.whl` } = request
    const { user_agent = 'pip/26.3 {"python":"3.12.3"}' } = request
    const id = (++requests).toString(16).padStart(32, '0')
    const line = { time, client, user: '', method, uri, project, status, bytes: 100, seconds: 0.001, cache: 'HIT' }
    return JSON.stringify({ ...line, upstream_status: '', upstream_seconds: '', request_id: id, user_agent }) + '\n'
}
