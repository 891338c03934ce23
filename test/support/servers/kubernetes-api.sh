#!/bin/bash
# The API server of Kubernetes with an etcd; loopback only. There are no controllers and no nodes: it says what it takes.
#
#   kubernetes-api.sh PROGRAMS FOLDER API-PORT ETCD-PORT PEER-PORT     with TOKEN in the environment
#
# Prints "ready" when requests are answered, and serves until its standard input ends: so nothing is left behind even
# where the process that started it was killed.
set -euo pipefail
programs=$1 folder=$2 port=$3 etcd=http://127.0.0.1:$4 peer=http://127.0.0.1:$5
. "$(dirname "$0")/lifetime.sh"
# Nothing of what they hold is of use, and they take their time.
goodbye=KILL

mkdir -p "$folder"
openssl genrsa -out "$folder/accounts.key" 2048 2> /dev/null
echo "$TOKEN,admin,admin,system:masters" > "$folder/tokens.csv"

start etcd "$programs/etcd" --data-dir "$folder/etcd" --unsafe-no-fsync --listen-client-urls "$etcd" \
    --advertise-client-urls "$etcd" --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
    --initial-cluster "default=$peer"
start api "$programs/kube-apiserver" --etcd-servers "$etcd" --bind-address 127.0.0.1 --advertise-address 127.0.0.1 \
    --secure-port "$port" --cert-dir "$folder/certificates" --service-cluster-ip-range 10.96.0.0/24 \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$folder/accounts.key" \
    --service-account-signing-key-file "$folder/accounts.key" --token-auth-file "$folder/tokens.csv" \
    --authorization-mode RBAC --disable-admission-plugins ServiceAccount

until_answers 600 --fail --insecure -H "Authorization: Bearer $TOKEN" "https://127.0.0.1:$port/readyz" ||
    fail 'The API server does not answer'

echo ready
serve
