#!/bin/bash
# The image of the Dockerfile, built by buildah as it stands. Run by ctest.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

TheImageHoldsTheThreeProgramsAndNoShell() {
  local image=$here/image.sh version root program
  "$image" build
  version=$(sed -n 's/^project(plimsoll VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
  for program in plimsoll plimsoll-controller plimsoll-webhook; do
    same "$program $version" "$("$image" run "/usr/bin/$program" --version)"
  done
  root=$("$image" mount)
  say "  size: $(du -sh --apparent-size "$root" | cut -f 1)"
  same '' "$(find "$root" -perm /6000)"
  same '' "$(find "$root" \( -name sh -o -name bash -o -name dash -o -name busybox -o -name dpkg \) | head -n 1)"
  [ -s "$root/usr/share/doc/plimsoll/packages.tsv" ] || fail "does not say what it contains"
  "$image" umount
}

run_statement "$@"
