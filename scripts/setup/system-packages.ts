import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { UserError } from '../../core/user-error.js'

/**
 * Installs packages of the distribution. A service among them is neither started nor enabled: what is installed here is
 * for this project's own use, and nothing else on the machine shall notice.
 *
 * @param say is told what is about to be installed
 * @throws UserError with the one command to run where there is no right to install, or no apt
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
 * The policy that denies starting services is Debian's own means for this (invoke-rc.d(8)); one that is there already
 * comes back. An nginx that was installed here shall not start at the next boot either.
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
