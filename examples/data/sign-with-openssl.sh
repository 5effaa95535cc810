#!/usr/bin/env bash
# Signs manifests with openssl alone (3.0 or newer) and prints a JSON array of DSSE envelopes.
#
#   ./sign-with-openssl.sh <private key, PEM, Ed25519> <keyid> <manifest.json>... > out.dsse.json
#
# The bytes of each manifest are signed as they stand in the file:
#   PAE = "DSSEv1" SP len(type) SP type SP len(body) SP body      (lengths in bytes)
set -euo pipefail
export LC_ALL=C # so that ${#type} counts bytes

if [ $# -lt 3 ]; then
  echo "usage: $0 <private key> <keyid> <manifest.json>..." >&2
  exit 64
fi
key=$1
keyid=$2
shift 2
if ! [[ $keyid =~ ^[A-Za-z0-9._-]{1,80}$ ]]; then
  echo "keyid: 1 to 80 of A-Z a-z 0-9 . _ -" >&2
  exit 64
fi

type='application/vnd.countersign.asn+json'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf '['
separator=''
for manifest in "$@"; do
  {
    printf 'DSSEv1 %d %s %d ' "${#type}" "$type" "$(wc -c <"$manifest")"
    cat "$manifest"
  } >"$work/pae"
  openssl pkeyutl -sign -rawin -inkey "$key" -in "$work/pae" -out "$work/sig"
  printf '%s\n{"payloadType":"%s","payload":"%s","signatures":[{"keyid":"%s","sig":"%s"}]}' \
    "$separator" "$type" "$(openssl base64 -A -in "$manifest")" "$keyid" "$(openssl base64 -A -in "$work/sig")"
  separator=','
done
printf '\n]\n'
