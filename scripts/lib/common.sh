# shellcheck shell=bash
# Sourced by every script: where things are and how they speak to people. Progress goes to stderr, results to
# stdout, so that `scripts/testbed env` can be evaluated.
set -euo pipefail

PLIMSOLL_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PLIMSOLL_CACHE=${PLIMSOLL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/plimsoll}
export PLIMSOLL_ROOT PLIMSOLL_CACHE

say() { printf '%s\n' "$*" >&2; }

headline() {
  if [ -t 2 ]; then printf '\n\033[1m%s\033[0m\n' "$*" >&2; else printf '\n== %s\n' "$*" >&2; fi
}

die() {
  say "$(basename "$0"): $*"
  exit 1
}

# Runs a command with its output in a log file; says every 20 s that it still runs (and how far a build has come),
# and shows the end of the log when it fails.    quietly "what is done" LOG command...
quietly() {
  local what=$1 log=$2 began=$SECONDS result=0 next=20 pid
  shift 2
  mkdir -p "$(dirname "$log")"
  say "  $what (log: $log)"
  "$@" >"$log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    if [ $((SECONDS - began)) -ge "$next" ]; then
      say "  $what: $next s so far$(grep -o '^\[[0-9]*/[0-9]*\]' "$log" | tail -n 1 | sed 's/^/ /')"
      next=$((next + 20))
    fi
  done
  wait "$pid" || result=$?
  if [ "$result" -ne 0 ]; then
    say "  $what failed after $((SECONDS - began)) s; the end of $log:"
    tail -n 40 "$log" | sed 's/^/    /' >&2
  elif [ $((SECONDS - began)) -ge 3 ]; then
    say "  $what: done after $((SECONDS - began)) s"
  fi
  return "$result"
}

# Version comparison: at_least 1.36.0 HAVE
at_least() {
  [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}
