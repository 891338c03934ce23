import { describe, expect, test } from 'vitest'
import { awsEndpoint, parseEndpointUrl } from '../../../scripts/option-values/endpoint.js'
import { expectRefusal, nginxInjections } from '../config/refusal.js'

describe('an endpoint', () => {
    test.each([
        ['https://s3.example.com', 'https', 's3.example.com', 443, 's3.example.com', undefined],
        ['https://s3.example.com/', 'https', 's3.example.com', 443, 's3.example.com', undefined],
        ['http://s3.example.com', 'http', 's3.example.com', 80, 's3.example.com', undefined],
        ['https://s3.example.com:8443', 'https', 's3.example.com', 8443, 's3.example.com:8443', undefined],
        ['https://s3.example.com:443', 'https', 's3.example.com', 443, 's3.example.com', undefined],
        ['http://s3.example.com:443', 'http', 's3.example.com', 443, 's3.example.com:443', undefined],
        ['HTTPS://S3.Example.COM', 'https', 's3.example.com', 443, 's3.example.com', undefined],
        ['https://bücher.example', 'https', 'xn--bcher-kva.example', 443, 'xn--bcher-kva.example', undefined],
        ['https://日本.example', 'https', 'xn--wgv71a.example', 443, 'xn--wgv71a.example', undefined],
        ['http://minio:9000', 'http', 'minio', 9000, 'minio:9000', undefined],
        ['http://my_minio_1:9000', 'http', 'my_minio_1', 9000, 'my_minio_1:9000', undefined],
        ['http://10.0.0.5:9000', 'http', '10.0.0.5', 9000, '10.0.0.5:9000', '10.0.0.5'],
        ['http://[2001:DB8::5]', 'http', '[2001:db8::5]', 80, '[2001:db8::5]', '[2001:db8::5]'],
        ['http://[::1]:9000', 'http', '[::1]', 9000, '[::1]:9000', '[::1]'],
        ['http://localhost:9000', 'http', 'localhost', 9000, 'localhost:9000', '127.0.0.1'],
        ['http://s3.localhost:9000/', 'http', 's3.localhost', 9000, 's3.localhost:9000', '127.0.0.1'],
        ['http://localhost.example', 'http', 'localhost.example', 80, 'localhost.example', undefined],
    ])('%s', (text, scheme, host, port, authority, address) => {
        expect(parseEndpointUrl(text)).toEqual({ scheme, host, port, authority, address })
    })

    test.each([
        ['', 'does not begin with https:// or http://'],
        ['s3.example.com', 'does not begin with https:// or http://'],
        ['s3.example.com:443', 'does not begin with https:// or http://'],
        ['//s3.example.com', 'does not begin with https:// or http://'],
        ['ftp://s3.example.com', 'does not begin with https:// or http://'],
        ['file:///etc/passwd', 'does not begin with https:// or http://'],
        ['unix:/run/s3.sock', 'does not begin with https:// or http://'],
        ['https:s3.example.com', 'does not begin with https:// or http://'],
        [' https://s3.example.com', 'does not begin with https:// or http://'],
        ['https://', 'is not a URL'],
        ['https:///s3.example.com', 'is not a URL'],
        ['https://:443', 'is not a URL'],
        ['https://s3.example.com:', 'is not a URL'],
        ['https://s3.example.com:/', 'is not a URL'],
        ['https://s3.example.com ', 'is not a URL'],
        ['https://s3.example\n.com', 'is not a URL'],
        ['https://s3.example.com\u0001', 'is not a URL'],
        ['https://s3.example.com:https', 'is not a URL'],
        ['https://s3.example.com:65536', 'is not a URL'],
        ['https://s3.example.com:-1', 'is not a URL'],
        ['https://s3%2eexample.com', 'is not a URL'],
        ['https:\\\\s3.example.com', 'does not begin with https:// or http://'],
        ['https://s3.example.com\\path', 'is not a URL'],
        ['http://10.0.0.256', 'is not a URL'],
        ['http://[::1', 'is not a URL'],
        ['http://[fe80::1%25eth0]', 'is not a URL'],
        ['https://s3.example.com/my-pypi', 'has a path'],
        ['https://s3.example.com/my-pypi/', 'has a path'],
        ['https://s3.example.com//', 'has a path'],
        ['https://s3.example.com/.', 'has a path'],
        ['https://s3.example.com/../', 'has a path'],
        ['https://s3.example.com?region=x', 'has a path'],
        ['https://s3.example.com/?', 'has a path'],
        ['https://s3.example.com#', 'has a path'],
        ['https://s3.example.com:0', 'has port 0'],
        ['https://s3.example.com.', 'has an invalid host name'],
        ['https://s3..example.com', 'has an invalid host name'],
        ['https://-s3.example.com', 'has an invalid host name'],
        [`https://${'x'.repeat(64)}.com`, 'has an invalid host name'],
        [`https://${'x.'.repeat(127)}com`, 'has an invalid host name'],
        ['https://s3;.example.com', 'has an invalid host name'],
        ['https://$host', 'has an invalid host name'],
        ["https://s3'.example.com", 'has an invalid host name'],
        ['https://s3~.example.com', 'has an invalid host name'],
        ['https://s3+.example.com', 'has an invalid host name'],
    ])('%j is refused: %s', (text, why) => {
        const message = `the endpoint ${JSON.stringify(text)} ${why}`
        expectRefusal(() => parseEndpointUrl(text), message, 'Write https://HOST or https://HOST:PORT.')
    })

    test.each(nginxInjections)('no host ends a directive: %j', (text) => {
        for (const url of [`https://${text}`, `https://s3.example.com${text}`, `https://s3.example.com:9${text}`]) {
            expectRefusal(() => parseEndpointUrl(url), /the endpoint/, /Write https/)
        }
    })

    test.each([
        'https://AKIDEXAMPLE:hush-hush@s3.example.com',
        'https://hush-hush@s3.example.com',
        'https://@s3.example.com',
        's3://AKIDEXAMPLE:hush-hush@s3.example.com',
        'https://AKIDEXAMPLE:hush-hush@s3.example.com/path',
        'https://AKIDEXAMPLE:hush-hush@',
    ])('%s is refused without showing what it holds', (text) => {
        expectRefusal(
            () => parseEndpointUrl(text),
            /holds credentials, which belong in the environment/,
            'https://HOST',
        )
        expectRefusal(() => parseEndpointUrl(text), /^(?!.*(?:AKID|hush)).*$/, /^(?!.*(?:AKID|hush)).*$/)
    })
})

describe('the endpoint of AWS', () => {
    test.each([
        ['us-east-1', 's3.us-east-1.amazonaws.com'],
        ['eu-central-1', 's3.eu-central-1.amazonaws.com'],
        ['us-gov-west-1', 's3.us-gov-west-1.amazonaws.com'],
        ['cn-north-1', 's3.cn-north-1.amazonaws.com.cn'],
        ['eusc-de-east-1', 's3.eusc-de-east-1.amazonaws.eu'],
        ['us-iso-east-1', 's3.us-iso-east-1.c2s.ic.gov'],
        ['us-isob-east-1', 's3.us-isob-east-1.sc2s.sgov.gov'],
    ])('in %s', (region, host) => {
        const expected = { scheme: 'https', host, port: 443, authority: host, address: undefined }
        expect(awsEndpoint(region)).toEqual(expected)
    })
})
