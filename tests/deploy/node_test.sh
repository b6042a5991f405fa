#!/bin/bash
# The whole way of a user, on a real node: the image is built and pushed, the chart installed as the pages say, a drift
# provoked, told and refused; then upgrade and uninstall. Needs root; ends with 77, and says why, where there can be no
# node. Run by ctest, with a bed of its own.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$here/monitoring.sh"
. tests/testbed/parts/node.sh

# A workload that runs: shop_image TAG
shop_image() { "$bed" push "$web:$1" --runnable; }

metrics_targets() {
  kubectl -n "$own" get pods -o json | jq -r '.items[] | .status.podIP as $ip | .spec.containers[].ports[]? | select(.name == "metrics") | "\($ip):\(.containerPort)"'
}

pods_are_ready() { kubectl -n "$own" wait --for=condition=Ready pods -l app.kubernetes.io/name=plimsoll --timeout=1s; }

event_on() { kubectl -n shop describe pod "$1" | grep -q "$2"; }

# What an upgrade has to keep.
learned() { kubectl get signingbaselines -o json | jq -Sc '[.items[] | .status | [.state, [.signers[]?.id], [.drift[]?.fingerprint]]]'; }

# refused_by POD REASON   a Pod that the webhook refuses, asked by the real API server through the Service
refused() {
  local answer
  answer=$(kubectl -n shop run "$1" --image "$web:1.2.0" --restart Never 2>&1) && kubectl -n shop delete pod "$1" --now >/dev/null && return 1
  grep -q "admission webhook \"enforce.plimsoll.dev\" denied the request.*SignatureMissing" <<<"$answer"
}

# Asks for a Pod again and again, where an answer of the webhook is needed; what fails is written down. In the background.
ask_for_pods() {
  while [ ! -e "$state/enough" ]; do
    kubectl -n shop run asked --image "$web:1.0.0" --restart Never --dry-run=server >/dev/null 2>>"$state/refused" || echo "not admitted" >>"$state/refused"
    echo >>"$state/asked"
  done
}

start_bed() {
  local obstacle
  obstacle=$(node_obstacle)
  if [ -n "$obstacle" ]; then
    say "skipped: $obstacle"
    exit 77
  fi
  "$bed" up --fresh kubernetes registries sigstore
  "$bed" up node
  use_bed
  registry=$PLIMSOLL_TB_NODE_REGISTRY
  web=$registry/shop/web
}

install_as_documented() {
  local version
  "$here/image.sh" build >/dev/null
  version=$(sed -n 's/^project(plimsoll VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
  "$here/image.sh" push "$registry/plimsoll:$version" >/dev/null
  kubectl create namespace "$own" >/dev/null
  kubectl label namespace "$own" pod-security.kubernetes.io/enforce=restricted >/dev/null
  kubectl -n "$own" create configmap plimsoll-trusted-root --from-file "trusted_root.json=$PLIMSOLL_TB_TRUSTED_ROOT" >/dev/null
  cat >"$state/values.yaml" <<YAML
image: {repository: $registry/plimsoll}
trustedRoot: {configMapName: plimsoll-trusted-root}
config:
  durations: {reverifyAfter: 4s, establishAfter: 8s, confirmAfter: 2s, driftRecheckAfter: 4s, signingGrace: 2s, observedFalseAfter: 5s}
  registries:
  - {host: "$registry", plainHTTP: true, allowAddress: [10.0.0.0/8]}
YAML
  helm install plimsoll "$chart" --namespace "$own" -f "$state/values.yaml" --wait --timeout 5m >/dev/null
  helm test plimsoll --namespace "$own" >/dev/null
}

ADriftOnARealNodeIsToldRefusedAndKept() {
  trap 'result=$?; halt 15 $(cd "$state/run" && ls | sed -n "s/\.pid$//p"); "$bed" down; rm -rf "$state"; exit $result' EXIT
  start_bed
  install_as_documented
  say "  installed and ready after $SECONDS s"

  # A signed workload runs, and is learned.
  kubectl create namespace shop >/dev/null
  within 30 "the namespace can hold Pods" kubectl -n shop get serviceaccount default
  "$bed" sign --key "$(shop_image 1.0.0)"
  kubectl -n shop run web --image "$web:1.0.0" --restart Never >/dev/null
  kubectl -n shop wait pod/web --for=condition=Ready --timeout 60s >/dev/null
  within 120 "the baseline is Established" baseline_is "$web" state Established
  kubectl get signingbaselines

  # An unsigned release: warned, seen on the Pod, and on somebody's pager.
  local targets before
  mapfile -t targets < <(metrics_targets)
  same 4 "${#targets[@]}"
  start_monitoring "${targets[@]}"
  shop_image 1.1.0 >/dev/null
  kubectl -n shop run web-next --image "$web:1.1.0" --restart Never
  within 120 "the drift is told on the Pod" event_on web-next SignatureMissing
  kubectl -n shop describe pod web-next | sed -n '/^Events:/,$p'
  within 180 "the alert is delivered" delivered PlimsollCriticalDrift
  delivered PlimsollCriticalDrift | head -n 1

  # Where a namespace asks for it, the API server asks through the Service, and the Pod is refused.
  kubectl label namespace shop plimsoll.dev/enforce=deny >/dev/null
  shop_image 1.2.0 >/dev/null
  within 60 "an unsigned image is refused" refused web-refused
  kubectl -n shop run web-again --image "$web:1.0.0" --restart Never >/dev/null

  # Pods come and go while the release changes; what was learned stays.
  before=$(learned)
  ask_for_pods &
  local asker=$!
  helm upgrade plimsoll "$chart" --namespace "$own" --reset-then-reuse-values --set log.level=debug --wait --timeout 5m >/dev/null
  within 60 "all Pods are ready" pods_are_ready
  within 60 "the upgraded webhook refuses" refused web-refused-again
  helm rollback plimsoll 1 --namespace "$own" --wait --timeout 5m >/dev/null
  within 60 "all Pods are ready" pods_are_ready
  touch "$state/enough"
  wait "$asker"
  say "  $(wc -l <"$state/asked") Pods were asked for during upgrade and rollback"
  same '' "$(grep -v '^Warning: ' "$state/refused" | head -n 3 || true)"
  same "$before" "$(learned)"
  same '' "$(denied_calls)"

  helm uninstall plimsoll --namespace "$own" --wait >/dev/null
  same '' "$(kubectl get validatingwebhookconfigurations -o name | grep plimsoll || true)"
  kubectl -n shop run web-after --image "$web:1.2.0" --restart Never >/dev/null
  same "$before" "$(learned)"
}

"$1"
