#!/usr/bin/env bash
# Checks every envelope of a file that sign-with-openssl.sh wrote (one envelope on a line), with openssl alone.
#
#   ./verify-with-openssl.sh <public key, PEM> <file.dsse.json>
#
# Exit 0: all signatures are right. Exit 2: at least one is not.
set -euo pipefail
export LC_ALL=C

if [ $# -ne 2 ]; then
  echo "usage: $0 <public key> <file.dsse.json>" >&2
  exit 64
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

status=0
count=0
while IFS= read -r line; do
  case $line in *'"payloadType"'*) ;; *) continue ;; esac
  count=$((count + 1))
  type=$(field payloadType <<<"$line")
  field payload <<<"$line" | openssl base64 -d -A >"$work/body"
  field sig <<<"$line" | openssl base64 -d -A >"$work/sig"
  {
    printf 'DSSEv1 %d %s %d ' "${#type}" "$type" "$(wc -c <"$work/body")"
    cat "$work/body"
  } >"$work/pae"
  if openssl pkeyutl -verify -rawin -pubin -inkey "$1" -in "$work/pae" -sigfile "$work/sig" >/dev/null 2>&1; then
    echo "envelope $count: good"
  else
    echo "envelope $count: BAD"
    status=2
  fi
done <"$2"
[ "$count" -gt 0 ] || { echo "no envelope in $2" >&2; status=2; }
exit $status
