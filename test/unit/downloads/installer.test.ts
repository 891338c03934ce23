import { expect, test } from 'vitest'
import { installerOf } from '../../../scripts/downloads/installer.js'

// As the clients of test/clients sent them.
test.each([
    [
        'pip/22.0.4 {"ci":null,"implementation":{"name":"CPython","version":"3.11.2"},"installer":{"name":"pip","version":"22.0.4"},"python":"3.11.2"}',
        'pip',
        '3.11',
    ],
    ['pip/26.3 {"ci":true,"python":"3.14.0rc1","installer":{"name":"pip","version":"26.3"}}', 'pip', '3.14'],
    [
        'uv/0.13.9 {"installer":{"name":"uv","version":"0.13.9","subcommand":["pip","install"]},"python":"3.11.7"}',
        'uv',
        '3.11',
    ],
    ['uv/0.13.9 {"installer":{"name":"uv","version":"0.13.9"},"python":null}', 'uv', 'unknown'],
    ['poetry/2.5.1 CPython/3.12.3 Linux/6.18', 'poetry', '3.12'],
    ['pdm/2.29.4 PyPy/3.10.14 Linux/6.18', 'pdm', '3.10'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'browser', 'unknown'],
    ['curl/8.5.0', 'curl', 'unknown'],
    // A client can send anything.
    ['', 'other', 'unknown'],
    ['evil<script>/1.0', 'other', 'unknown'],
    ['__proto__/1 "python":"9999.1"', 'other', 'unknown'],
    ['pip/1 {"python":"3.999"}', 'pip', 'unknown'],
])('%s', (userAgent, name, python) => {
    expect(installerOf(userAgent)).toEqual({ name, python })
})
