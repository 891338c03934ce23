#!/bin/bash
# Unpacks packages of a Debian suite and all that they depend on into an empty folder:
#   debian-root.sh SUITE FOLDER PACKAGE...
# Nothing of it is configured, and nothing runs in it: its own loader starts its programs from there. See TEST_NGINX_ROOT
# in test/support/nginx/nginx-under-test.ts.
set -euo pipefail
suite=$1
folder=$2
shift 2
packages=$*

# Where this machine's own packages come from; mmdebstrap knows one itself, for a machine that is no Debian.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 2> /dev/null | sort | head -n 1)

# With /lib in /usr, as every installed Debian has it: bookworm's packages still hold files below /lib.
# Without the check, since a testing suite's index can expire before the next one is made. In a session of its own:
# when mmdebstrap fails it ends its whole process group.
setsid --wait mmdebstrap --quiet --variant=extract --include="${packages// /,}" \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --aptopt='Acquire::Check-Valid-Until "false"' "$suite" "$folder" ${mirror:+"$mirror"}
# mmdebstrap keeps the folder to itself; nginx's workers are another user.
chmod 755 "$folder"
