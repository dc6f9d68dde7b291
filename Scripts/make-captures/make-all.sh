#!/usr/bin/env bash
# Make every capture and host snapshot anew (root, Linux; about a minute).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for scenario in laptop web-server home-router dmz tunnels formats; do
    echo "making $scenario" >&2
    "$here/$scenario.sh"
done
