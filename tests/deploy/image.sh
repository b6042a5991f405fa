#!/bin/bash
# Builds the image of the Dockerfile with buildah, without a container engine and without a registry.
#   image.sh build         prints the image's name, after building it where sources changed
#   image.sh push ADDRESS  pushes it to a registry that speaks plain HTTP, prints the digest
# The base image is Debian's own packages by debootstrap, under the name that the Dockerfile asks for; where the
# Dockerfile's real base can be pulled, it is not needed.
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/common.sh"
. "$PLIMSOLL_ROOT/scripts/lib/packages.sh"

store=$PLIMSOLL_CACHE/image
base=docker.io/library/debian:bookworm-slim
name=localhost/plimsoll:test

mkdir -p "$store"
cat >"$store/storage.conf" <<TOML
[storage]
driver = "overlay"
runroot = "$store/run"
graphroot = "$store/graph"
TOML
echo 'unqualified-search-registries = ["docker.io"]' >"$store/registries.conf"
echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$store/policy.json"
export CONTAINERS_STORAGE_CONF=$store/storage.conf CONTAINERS_REGISTRIES_CONF=$store/registries.conf
policy=(--signature-policy "$store/policy.json")

make_base() {
  local container
  buildah inspect --type image "$base" >/dev/null 2>&1 && return
  if [ ! -d "$store/rootfs" ]; then
    rm -rf "$store/rootfs.new"
    quietly "debootstrap: a base image" "$PLIMSOLL_CACHE/log/debootstrap.log" \
      as_root debootstrap --variant=minbase bookworm "$store/rootfs.new"
    mv "$store/rootfs.new" "$store/rootfs"
  fi
  rm -rf "$store"/rootfs/var/cache/apt/archives/*.deb "$store"/rootfs/var/lib/apt/lists/*
  tar -C "$store/rootfs" -cf "$store/rootfs.tar" .
  container=$(buildah from "${policy[@]}" scratch)
  buildah add -q "$container" "$store/rootfs.tar" / >/dev/null
  rm "$store/rootfs.tar"
  buildah config --cmd '["bash"]' --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  buildah commit -q --rm "${policy[@]}" "$container" "$base" >/dev/null
}

build() {
  install_packages deploy
  make_base
  local version cache=()
  version=$(sed -n 's/^project(plimsoll VERSION \([0-9.]*\).*/\1/p' "$PLIMSOLL_ROOT/CMakeLists.txt")
  if [ -d "$HOME/.cache/ccache" ]; then cache=(--volume "$HOME/.cache/ccache:/root/.cache/ccache"); fi
  quietly "building the image" "$PLIMSOLL_CACHE/log/image.log" \
    nice buildah build --isolation chroot --layers "${policy[@]}" --timestamp 1767225600 \
    --build-arg "VERSION=$version" "${cache[@]}" -t "$name" "$PLIMSOLL_ROOT"
  echo "$name"
}

case ${1:-} in
build) build ;;
push)
  buildah push -q "${policy[@]}" --tls-verify=false --digestfile "$store/digest" "$name" "docker://${2:?ADDRESS}"
  cat "$store/digest"
  echo
  ;;
run) # run PROGRAM ARGUMENTS...   in the image, as its own user, its root read-only
  container=$(buildah from "${policy[@]}" --pull-never "$name")
  trap 'buildah rm "$container" >/dev/null' EXIT
  buildah run --isolation chroot --user 65532:65532 "$container" -- "${@:2}"
  ;;
mount) # prints where the image's root is; ends with `umount`
  container=$(buildah from "${policy[@]}" --pull-never --name plimsoll-look "$name")
  buildah mount "$container"
  ;;
umount) buildah rm plimsoll-look >/dev/null ;;
*) die "usage: image.sh build | push ADDRESS | run PROGRAM ... | mount | umount" ;;
esac
