import { describe, expect, test } from 'vitest'
import { containerUrl } from '../../../../njs/credentials/container.js'
import { metadataEndpoint } from '../../../../njs/credentials/ec2.js'
import { stsUrl } from '../../../../njs/credentials/sts.js'

const relative = 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'
const full = 'AWS_CONTAINER_CREDENTIALS_FULL_URI'

describe("a container's credentials", () => {
    test.each([
        [{ [relative]: '/v2/credentials/1' }, 'http://169.254.170.2/v2/credentials/1'],
        [{ [relative]: '/a?b=c', [full]: 'http://127.0.0.1/' }, 'http://169.254.170.2/a?b=c'],
        [{ [full]: 'http://169.254.170.23/v1/credentials' }, 'http://169.254.170.23/v1/credentials'],
        [{ [full]: 'http://[fd00:ec2::23]/v1/credentials' }, 'http://[fd00:ec2::23]/v1/credentials'],
        [{ [full]: 'http://169.254.170.2:80' }, 'http://169.254.170.2:80/'],
        [{ [full]: 'http://localhost:8080/x' }, 'http://127.0.0.1:8080/x'],
        [{ [full]: 'http://127.9.8.7/x' }, 'http://127.9.8.7/x'],
        [{ [full]: 'http://[::1]:1/x' }, 'http://[::1]:1/x'],
        [{ [full]: 'https://credentials.example.com/x' }, 'https://credentials.example.com/x'],
    ])('%j', (environment, url) => expect(containerUrl(environment)).toBe(url))

    test.each([
        [{}, 'give the task or the pod a role'],
        [{ [relative]: 'http://evil.example.com/' }, 'does not begin with a slash'],
        [{ [relative]: '@evil.example.com/' }, 'does not begin with a slash'],
        [{ [relative]: '/a b' }, 'does not begin with a slash'],
        [{ [full]: 'http://credentials.example.com/' }, 'needs https for credentials.example.com'],
        [{ [full]: 'http://169.254.169.254/' }, 'needs https for'],
        [{ [full]: 'http://127.0.0.1.example.com/' }, 'needs https for'],
        [{ [full]: 'http://127.0.0.1@evil.example.com/' }, 'is not a URL'],
        [{ [full]: 'http://[fd00:ec2::24]/' }, 'needs https for'],
        [{ [full]: 'ftp://127.0.0.1/' }, 'is not a URL'],
        [{ [full]: '/v1/credentials' }, 'is not a URL'],
        [{ [full]: 'http://127.0.0.1/a\r\nX: y' }, 'is not a URL'],
    ])('%j is refused', (environment, message) => expect(() => containerUrl(environment)).toThrow(message))
})

describe('the instance metadata service', () => {
    const mode = 'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE'
    const endpoint = 'AWS_EC2_METADATA_SERVICE_ENDPOINT'

    test.each([
        [{}, 'http://169.254.169.254'],
        [{ [mode]: 'IPv4' }, 'http://169.254.169.254'],
        [{ [mode]: 'IPv6' }, 'http://[fd00:ec2::254]'],
        [{ [endpoint]: 'http://127.0.0.1:8080/', [mode]: 'IPv6' }, 'http://127.0.0.1:8080'],
        [{ AWS_EC2_METADATA_DISABLED: 'false' }, 'http://169.254.169.254'],
    ])('%j', (environment, url) => expect(metadataEndpoint(environment)).toBe(url))

    test.each([
        [{ AWS_EC2_METADATA_DISABLED: 'True' }, 'AWS_EC2_METADATA_DISABLED turns'],
        [{ [mode]: 'IPv5' }, 'neither IPv4 nor IPv6'],
        [{ [endpoint]: '169.254.169.254' }, 'is not http://HOST[:PORT]'],
        [{ [endpoint]: 'http://u@h' }, 'is not http://HOST[:PORT]'],
    ])('%j is refused', (environment, message) => expect(() => metadataEndpoint(environment)).toThrow(message))
})

describe('the security token service', () => {
    const options = { endpoint: '', region: 'eu-central-1', domain: 'amazonaws.com' }
    const own = { ...options, endpoint: 'https://ceph.example.com:8443' }

    test.each([
        [{}, options, 'https://sts.eu-central-1.amazonaws.com/'],
        [{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-2' }, options, 'https://sts.eu-west-1.amazonaws.com/'],
        [{ AWS_DEFAULT_REGION: 'us-east-2' }, options, 'https://sts.us-east-2.amazonaws.com/'],
        [
            { AWS_REGION: 'cn-north-1' },
            { ...options, domain: 'amazonaws.com.cn' },
            'https://sts.cn-north-1.amazonaws.com.cn/',
        ],
        [{ AWS_REGION: 'eu-west-1' }, own, 'https://ceph.example.com:8443/'],
        [{ AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9/' }, own, 'http://127.0.0.1:9/'],
    ])('%j %j', (environment, known, url) => expect(stsUrl(environment, known)).toBe(url))

    test.each([
        [{ AWS_REGION: 'evil.example.com/' }, 'AWS_REGION is not a region'],
        [{ AWS_ENDPOINT_URL_STS: 'sts.example.com' }, 'is not https://HOST[:PORT]'],
        [{ AWS_ENDPOINT_URL_STS: 'https://a@b/' }, 'is not https://HOST[:PORT]'],
    ])('%j is refused', (environment, message) => expect(() => stsUrl(environment, options)).toThrow(message))
})
