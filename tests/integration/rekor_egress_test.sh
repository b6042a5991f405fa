#!/bin/bash
# Where the packets of controller and webhook go, counted by the kernel, with the log lane off and on. In a network of
# its own, which has loopback and nothing else; the programs have a user of their own, by which their packets are told
# apart.
set -euo pipefail
cd "$(dirname "$0")/../.."
bed=scripts/testbed
programs=${1:?the folder of the programs}
uid=65532

if [ -z "${PLIMSOLL_INSIDE:-}" ]; then
  for tool in unshare setpriv iptables ip; do
    command -v $tool >/dev/null || { echo "SKIPPED: there is no $tool"; exit 77; }
  done
  unshare -n true 2>/dev/null || { echo "SKIPPED: this user may not make a network of its own"; exit 77; }
  exec env PLIMSOLL_INSIDE=1 unshare -n "$0" "$programs"
fi

fail() {
  echo "FAILED: $*" >&2
  tail -n 20 "$folder"/*.log 2>/dev/null | cut -c 1-300 >&2
  exit 1
}
folder=$(mktemp -d)
clean_up() {
  trap - EXIT
  for process in ${controller:-} ${webhook:-}; do kill "$process" 2>/dev/null || true; done
  "$bed" down || true
  rm -rf "$folder"
}
trap clean_up EXIT
ip link set lo up
"$bed" up >&2
eval "$("$bed" env)"
port() { sed 's|.*:\([0-9]*\)[/]*$|\1|' <<<"$1"; }

# allow NAME PORT, then everything else: the first rule that fits counts.
rules() {
  iptables -F OUTPUT
  iptables -A OUTPUT -m owner --uid-owner $uid -p tcp --dport "$(port "$PLIMSOLL_TB_APISERVER")" -m comment --comment api -j ACCEPT
  iptables -A OUTPUT -m owner --uid-owner $uid -p tcp --dport "$(port "$PLIMSOLL_TB_REGISTRY")" -m comment --comment registry -j ACCEPT
  iptables -A OUTPUT -m owner --uid-owner $uid -p tcp --dport "$(port "$PLIMSOLL_TB_REKOR")" -m comment --comment log -j ACCEPT
  # Answers to whoever asked one of them something.
  iptables -A OUTPUT -m owner --uid-owner $uid -p tcp -m conntrack --ctdir REPLY -m comment --comment answers -j ACCEPT
  iptables -A OUTPUT -m owner --uid-owner $uid -m comment --comment elsewhere -j ACCEPT
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
packets() { iptables -L OUTPUT -v -n -x | awk -v name="/* $1 */" 'index($0, name) {print $1}'; }

as_nobody=(setpriv --reuid $uid --regid $uid --clear-groups)

# Reviews a Pod of IMAGE as the API server would, and prints what the webhook answers.
review() {
  jq -n --arg image "$1" '{apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: {
    uid: "egress", operation: "CREATE", namespace: "egress", name: "new", userInfo: {username: "somebody"},
    kind: {group: "", version: "v1", kind: "Pod"}, resource: {group: "", version: "v1", resource: "pods"},
    object: {apiVersion: "v1", kind: "Pod", metadata: {name: "new", namespace: "egress"},
      spec: {containers: [{name: "new", image: $image}]}}}}' |
    curl -fsS --cacert "$folder/serving.crt" --resolve "localhost:$webhook_port:127.0.0.1" \
      -H 'Content-Type: application/json' --data-binary @- "https://localhost:$webhook_port/enforce/pods"
}

# A webhook that has to look at an image of which nothing is known: it would deny it, so with the lane on it asks the log.
run_webhook() {
  "${as_nobody[@]}" "$folder/plimsoll-webhook" --config "$folder/plimsoll.yaml" --kubeconfig "$folder/webhook.kubeconfig" \
    --namespace plimsoll-system --metrics-address 127.0.0.1:0 --health-address "127.0.0.1:$health_port" \
    --listen-address "127.0.0.1:$webhook_port" --tls-cert-file "$folder/serving.crt" \
    --tls-private-key-file "$folder/serving.key" >"$folder/webhook.log" 2>&1 &
  webhook=$!
  curl -fsS --retry 60 --retry-delay 1 --retry-all-errors "http://127.0.0.1:$health_port/readyz" >/dev/null 2>&1 ||
    fail "the webhook was not ready in a minute"
  review "$1" | jq -e '.response.allowed == false' >/dev/null || fail "an unsigned image was admitted"
  kill "$webhook"
  wait "$webhook" || fail "the webhook did not end well"
  webhook=
}

# run LOG-SECTION UNSIGNED-IMAGE   a controller that sees the Pod, until the baseline is Established; then a webhook
run() {
  rules
  cat >"$folder/plimsoll.yaml" <<YAML
durations: {reverifyAfter: 2s, establishAfter: 2s, confirmAfter: 1s, driftRecheckAfter: 1s, negativeCacheFor: 1s}
trustedRootFile: $folder/trusted_root.json
registries: [{host: "$PLIMSOLL_TB_REGISTRY", plainHTTP: true, allowAddress: [127.0.0.0/8]}]
$1
YAML
  chmod -R a+rX "$folder"
  "${as_nobody[@]}" "$folder/plimsoll-controller" --config "$folder/plimsoll.yaml" \
    --kubeconfig "$folder/kubeconfig" --namespace plimsoll-system --metrics-address 127.0.0.1:0 \
    --health-address 127.0.0.1:0 --leader-elect=false >"$folder/controller.log" 2>&1 &
  controller=$!
  "$PLIMSOLL_TB_KUBECTL" wait --for=create signingbaselines --all --timeout=60s >/dev/null 2>&1 || true
  local began=$SECONDS
  until "$PLIMSOLL_TB_KUBECTL" get signingbaselines -o 'jsonpath={.items[*].status.state}' | grep -q Established; do
    [ $((SECONDS - began)) -lt 120 ] || fail "the baseline was not Established in two minutes"
    "$PLIMSOLL_TB_KUBECTL" wait --for=jsonpath='{.status.state}'=Established signingbaselines --all --timeout=5s >/dev/null 2>&1 || true
  done
  kill "$controller"
  wait "$controller" || fail "the controller did not end well"
  controller=
  run_webhook "$2"
}

image=$("$bed" push "$PLIMSOLL_TB_REGISTRY/egress/web:v1")
"$bed" sign "$image" repository=acme/web ref=refs/tags/v1
first=$("$bed" push "$PLIMSOLL_TB_REGISTRY/egress/web:unsigned-1")
second=$("$bed" push "$PLIMSOLL_TB_REGISTRY/egress/web:unsigned-2")
webhook_port=$(free_port)
health_port=$(free_port)
"$PLIMSOLL_TB_KUBECTL" apply -f crds -f tests/testbed/controller.yaml -f tests/testbed/webhook.yaml >/dev/null
"$PLIMSOLL_TB_KUBECTL" wait --for=condition=Established crd --all --timeout=60s >/dev/null
"$bed" pod egress web "$PLIMSOLL_TB_REGISTRY/egress/web:v1"
cp "$programs/plimsoll-controller" "$programs/plimsoll-webhook" "$PLIMSOLL_TB_TRUSTED_ROOT" "$folder/"
"$bed" kubeconfig system:serviceaccount:plimsoll-system:plimsoll-controller system:serviceaccounts >"$folder/kubeconfig"
"$bed" kubeconfig system:serviceaccount:plimsoll-system:plimsoll-webhook system:serviceaccounts >"$folder/webhook.kubeconfig"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -keyout "$folder/serving.key" -out "$folder/serving.crt" 2>/dev/null

run "" "$first"
echo "lane off: api $(packets api), registry $(packets registry), log $(packets log), elsewhere $(packets elsewhere) packets"
[ "$(packets api)" -gt 0 ] || fail "no packet to the API server was counted"
[ "$(packets registry)" -gt 0 ] || fail "no packet to the registry was counted"
[ "$(packets log)" -eq 0 ] || fail "packets went to the log although the lane is off"
[ "$(packets elsewhere)" -eq 0 ] || fail "packets went elsewhere"

# The counter can count: with the lane on the log is asked, and still nobody else.
"$PLIMSOLL_TB_KUBECTL" delete signingbaselines --all >/dev/null
run "rekor: {url: \"$PLIMSOLL_TB_REKOR\"}" "$second"
echo "lane on: api $(packets api), registry $(packets registry), log $(packets log), elsewhere $(packets elsewhere) packets"
[ "$(packets log)" -gt 0 ] || fail "the log was not asked although the lane is on"
[ "$(packets elsewhere)" -eq 0 ] || fail "packets went elsewhere"
