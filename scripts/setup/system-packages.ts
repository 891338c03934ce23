import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { UserError } from '../../core/user-error.js'

/**
 * Installs packages with apt-get. Services are neither started nor enabled, so that nothing else on the machine is
 * affected.
 *
 * @param say receives the progress messages
 * @throws UserError with the command to run when this user may not install packages, or when the machine has no apt
 */
export function installPackages(names: string[], say: (line: string) => void): void {
    const command = `apt-get install --no-install-recommends ${names.join(' ')}`
    if (!existsSync('/usr/bin/apt-get')) {
        throw new UserError(`this machine lacks ${names.join(', ')}`, 'Install them with its package manager.')
    }
    const elevate = process.getuid?.() === 0 ? [] : ['sudo', '-n']
    if (elevate.length > 0 && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) {
        throw new UserError(`this machine lacks ${names.join(', ')}, and only root may install them`, `sudo ${command}`)
    }
    say(`installing ${names.join(', ')} with apt-get`)
    const [program, ...words] = [...elevate, 'sh', '-c', installScript, 'sh', ...names]
    const { status, stdout, stderr } = spawnSync(program!, words, { encoding: 'utf8', maxBuffer: 1 << 28 })
    if (status !== 0) {
        const reason = [...stdout.split('\n'), ...stderr.split('\n')].filter((line) => /^(?:E|W|Err):/.test(line))
        throw new UserError(`apt-get could not install ${names.join(', ')}: ${reason.join('; ')}`, `sudo ${command}`)
    }
}

/**
 * policy-rc.d is Debian's mechanism to prevent services from starting, see invoke-rc.d(8); an existing one is restored
 * afterwards. A newly installed nginx is also disabled for the next boot.
 */
const installScript = `
set -eu
policy=/usr/sbin/policy-rc.d
had_nginx=$(command -v nginx || true)
restore() { if [ -e "$policy.kept" ]; then mv "$policy.kept" "$policy"; else rm -f "$policy"; fi; }
trap restore EXIT
if [ -e "$policy" ]; then mv "$policy" "$policy.kept"; fi
printf '#!/bin/sh\\nexit 101\\n' > "$policy"
chmod 755 "$policy"
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=300 update -q
apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "$@"
if [ -z "$had_nginx" ] && [ -e /etc/init.d/nginx ]; then update-rc.d nginx disable; fi
`
