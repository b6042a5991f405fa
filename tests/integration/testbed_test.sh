#!/bin/bash
# Does the test bed do what the tests of the product rely on? One function a statement; run by ctest.
set -euo pipefail
cd "$(dirname "$0")/../.."
bed=scripts/testbed

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
refused() { ! "$@" >/dev/null 2>&1 || fail "was not refused: $*"; }
same() { [ "$1" = "$2" ] || fail "expected '$1', got '$2'"; }

# A new image of this test's own repository.    push [REGISTRY]
push() { "$bed" push "${1:-$PLIMSOLL_TB_REGISTRY}/testbed-$$/$RANDOM$RANDOM:v1"; }

# Signs a new image, and verifies it the same way.
round_trip() {
  local image
  image=$(push "${registry:-$PLIMSOLL_TB_REGISTRY}")
  "$bed" sign "$@" "$image"
  "$bed" verify "$@" "$image" >/dev/null 2>&1 || fail "does not verify: $*"
}

EveryPartRunsAndSaysSo() {
  "$bed" status
  for name in KUBECONFIG PLIMSOLL_TB_TRUSTED_ROOT PLIMSOLL_TB_PUBLIC_KEY PLIMSOLL_TB_FULCIO_CHAIN; do
    [ -s "${!name}" ] || fail "$name names no file"
  done
  for name in FULCIO CT_LOG REKOR REKOR2 REKOR2_TILES OIDC TSA; do
    name=PLIMSOLL_TB_$name
    curl -s -o /dev/null "${!name}" || fail "$name: nobody listens at ${!name}"
  done
  "$PLIMSOLL_TB_COSIGN" version 2>&1 | grep -q . || fail "cosign does not run"
}

KeySignaturesVerifyInEveryForm() {
  round_trip --key
  round_trip --key --other
  round_trip --key --log none
  round_trip --key --timestamp
  round_trip --key --bundle
  round_trip --key --bundle --log none
  round_trip --key --bundle --log rekor2
  round_trip --key --cosign2
  round_trip --key --cosign2 --bundle
  local image
  image=$(push)
  "$bed" sign --key --log none "$image"
  refused "$bed" verify --key "$image"
  refused "$bed" verify --key --other --log none "$image"
}

KeylessSignaturesVerifyInEveryForm() {
  for registry in "$PLIMSOLL_TB_REGISTRY" "$PLIMSOLL_TB_REFERRERS_REGISTRY"; do
    round_trip repository=shop/web ref=refs/tags/v1.0.0
    round_trip --timestamp
    round_trip --email dev@shop.example
    round_trip --bundle
    round_trip --bundle --timestamp
    round_trip --bundle --log none --timestamp
    round_trip --bundle --log rekor2
    round_trip --bundle --email dev@shop.example
    round_trip --cosign2
    round_trip --cosign2 --bundle
  done
  local image
  image=$(push)
  "$bed" attest --bundle "$image"
  "$bed" attest "$image"
}

ADamagedIdentityIsRefused() {
  local image
  for claim in ref=refs/heads/feature workflow_file=.github/workflows/other.yml repository=shop/renamed; do
    image=$(push)
    "$bed" sign "$claim" "$image"
    refused "$bed" verify "$image"
  done
  image=$(push)
  "$bed" sign --issuer actions2 "$image"
  refused "$bed" verify "$image"
}

TheLogFindsAPayload() {
  local image payload found='[]' deadline=$((SECONDS + 20))
  image=$(push)
  "$bed" sign --key "$image"
  payload=$("$bed" manifest "${image%@*}:sha256-${image##*sha256:}.sig" | jq -r '.layers[0].digest')
  # The index is written after the entry was answered.
  until [ "$found" != '[]' ] || [ "$SECONDS" -ge "$deadline" ]; do
    found=$(curl -fsS -H 'Content-Type: application/json' -d "{\"hash\": \"$payload\"}" \
      "$PLIMSOLL_TB_REKOR/api/v1/index/retrieve" | jq -c .)
  done
  same 1 "$(jq length <<<"$found")"
}

OnlyOneRegistryHasTheReferrersApi() {
  local image digest
  for registry in "$PLIMSOLL_TB_REGISTRY" "$PLIMSOLL_TB_REFERRERS_REGISTRY"; do
    image=$(push "$registry")
    digest=${image##*@}
    "$bed" sign --key --bundle "$image"
    same 1 "$("$bed" referrers "$image" | wc -l)"
    if [ "$registry" = "$PLIMSOLL_TB_REGISTRY" ]; then
      same "${digest/:/-}" "$("$bed" tags "${image%@*}" | grep '^sha256-')"
    else
      same v1 "$("$bed" tags "${image%@*}")"
      same application/vnd.dev.sigstore.bundle.v0.3+json \
        "$(curl -fsS "http://$registry/v2/$(cut -d / -f 2- <<<"${image%@*}")/referrers/$digest" |
          jq -r '.manifests[0].artifactType')"
    fi
  done
}

ImagesAreCopiedListedAndDeleted() {
  local from=$PLIMSOLL_TB_REGISTRY/testbed-$$/from to=$PLIMSOLL_TB_REFERRERS_REGISTRY/testbed-$$/to digest
  digest=$("$bed" push "$from:v1" --platform linux/amd64 --platform linux/arm64)
  digest=${digest##*@}
  same 2 "$("$bed" manifest "$from:v1" | jq '.manifests | length')"
  same "$to@$digest" "$("$bed" copy "$from:v1" "$to:v1")"
  "$bed" tag "$to:v1" stable
  same "$digest" "$("$bed" digest "$to:stable")"
  same 'stable v1' "$("$bed" tags "$to" | xargs)"
  for repository in "$from" "$to"; do
    "$bed" delete "$repository:v1"
    refused "$bed" digest "$repository:v1"
  done
}

APodShowsWhatAKubeletReports() {
  local image namespace=testbed-$$
  image=$(push)
  "$bed" pod "$namespace" web "${image%@*}:v1"
  "$bed" pod "$namespace" odd "${image%@*}:v1" sha256:0000
  pod() { "$bed" kubectl -n "$namespace" get pod "$1" -o "jsonpath={.status.phase} {.status.containerStatuses[0].imageID}"; }
  same "Running $image" "$(pod web)"
  same 'Running sha256:0000' "$(pod odd)"
  "$bed" kubectl delete namespace "$namespace" --wait=false
}

RightsAreEnforced() {
  local user=system:serviceaccount:default:nobody kubeconfig
  kubeconfig=$(mktemp)
  "$bed" kubeconfig "$user" >"$kubeconfig"
  same "$user" "$("$bed" kubectl --kubeconfig "$kubeconfig" auth whoami -o 'jsonpath={.status.userInfo.username}')"
  refused "$bed" kubectl --kubeconfig "$kubeconfig" get pods
  rm "$kubeconfig"
  grep -q '"code":403' "$PLIMSOLL_TB_AUDIT_LOG" || fail "the audit log knows nothing of it"
}

pid_of() { cut -d ' ' -f 1 "$PLIMSOLL_TESTBED_STATE/run/$1.pid"; }

# A bed of this test's own, gone when the test ends.
own_bed() {
  trap '"$bed" down' EXIT
  "$bed" up --fresh "$@"
  eval "$("$bed" env)"
}

# Returns when it is gone: a large process takes a moment to die.
kill_hard() {
  local pid
  pid=$(pid_of "$1")
  kill -KILL "$pid"
  while [ -e "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; do sleep 0.02; done
}

AKilledPartBlocksNoStart() {
  own_bed registries kubernetes
  local name
  for name in referrers-registry etcd kube-controller-manager; do
    kill_hard "$name"
    refused "$bed" status
    "$bed" up registries kubernetes
    "$bed" status
  done
  kill_hard etcd
  "$bed" down
  [ ! -e "$PLIMSOLL_TESTBED_STATE" ] || fail "state is left in $PLIMSOLL_TESTBED_STATE"
  "$bed" up registries kubernetes
  "$bed" status
}

AStoppedProcessComesBackOnItsPort() {
  own_bed registries
  local before=$PLIMSOLL_TB_REGISTRY image
  image=$(push)
  "$bed" stop registry
  refused "$bed" digest "${image%@*}:v1"
  "$bed" start registry
  eval "$("$bed" env)"
  same "$before" "$PLIMSOLL_TB_REGISTRY"
  curl -fs --retry 50 --retry-connrefused --retry-delay 0 --retry-max-time 20 -o /dev/null "http://$before/v2/"
  same "${image##*@}" "$("$bed" digest "${image%@*}:v1")"
}

AForeignProcessIsNeverStopped() {
  own_bed registries
  # As after a crash: the kernel has given the recorded id to somebody else.
  tail -f /dev/null &
  local foreign=$!
  local mine
  mine=$(pid_of registry)
  sed -i "s/^$mine /$foreign /" "$PLIMSOLL_TESTBED_STATE/run/registry.pid"
  "$bed" down
  kill -0 "$foreign" || fail "down stopped a process that was not its own"
  kill "$foreign" "$mine"
}

if [ -d "$PLIMSOLL_TESTBED_STATE" ]; then eval "$("$bed" env)"; fi
"$1"
