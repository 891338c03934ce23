#!/bin/bash
# Builds the image of this folder with a statically linked versitygw, unless it is there:
#   build.sh TAG PROGRAM
set -euo pipefail
tag=$1
program=$2

# Test files run at the same time; the first one builds.
exec 9> "${TMPDIR:-/tmp}/nginx-s3-pypi-s3-image.lock"
flock 9
if docker image inspect "$tag" > /dev/null 2>&1; then exit 0; fi

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp "$(dirname "$0")/Dockerfile" "$context"
cp "$program" "$context/versitygw"
setsid --wait mmdebstrap --quiet --variant=extract --include=busybox-static --dpkgopt='path-exclude=/usr/share/*' \
    bookworm "$context/root.tar" http://deb.debian.org/debian 9>&-
docker build --quiet --tag "$tag" "$context" 9>&-
