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

# Once more from nothing but the base: packages, compiler, programs.
TheSameSourcesGiveTheSameImage() {
  "$here/image.sh" build >/dev/null
  "$here/image.sh" again
}

AReleaseIsSignedAttestedAndVerified() {
  use_bed
  need_tools cosign
  export COSIGN_PASSWORD=release PLIMSOLL_RELEASE_KEY=$state/release.key
  export PLIMSOLL_SIGN_FLAGS='--tlog-upload=false --use-signing-config=false' PLIMSOLL_VERIFY_FLAGS=--insecure-ignore-tlog
  # Nothing of a release with one's own key goes anywhere but to the registry.
  export HTTPS_PROXY=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost
  (cd "$state" && "${tool_path[cosign]}" generate-key-pair --output-key-prefix release >/dev/null 2>&1 &&
    "${tool_path[cosign]}" generate-key-pair --output-key-prefix stranger >/dev/null 2>&1)
  scripts/release "$PLIMSOLL_TB_REGISTRY/release-$$" --plain-http >"$state/released"
  local image chart
  image=$(sed -n 's/^image //p' "$state/released")
  chart=$(sed -n 's/^chart //p' "$state/released")
  scripts/verify-release "$image" "$chart" "$state/release.pub"
  if scripts/verify-release "$image" "$chart" "$state/stranger.pub" 2>/dev/null; then
    fail "verifies under a stranger's key"
  fi
  # Plimsoll itself says the same of its own image.
  cat >"$state/own.yaml" <<YAML
registries: [{host: "$PLIMSOLL_TB_REGISTRY", plainHTTP: true, allowAddress: [127.0.0.0/8]}]
YAML
  same SignedKeyBased "$("$programs/plimsoll" inspect "$image" --config "$state/own.yaml" --key "$state/release.pub" -o json | jq -r '.[0].posture')"
}

run_statement "$@"
