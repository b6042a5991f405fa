# shellcheck shell=bash
# Sourced by the tests of what is shipped. The bed is that of scripts/testbed, in the state folder that ctest names.
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/common.sh"
. "$PLIMSOLL_ROOT/scripts/lib/packages.sh"
. "$PLIMSOLL_ROOT/scripts/lib/go.sh"
. "$PLIMSOLL_ROOT/scripts/lib/tools.sh"
. "$PLIMSOLL_ROOT/scripts/lib/process.sh"
cd "$PLIMSOLL_ROOT"
bed=scripts/testbed
here=tests/deploy
chart=deploy/helm/plimsoll
own=plimsoll-system
programs=${PLIMSOLL_PROGRAMS:-build/release/bin}
state=$(mktemp -d "${TMPDIR:-/tmp}/plimsoll-deploy.XXXXXX") # of this test alone
mkdir -p "$state"/{run,log}

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
same() { [ "$1" = "$2" ] || fail "expected '$1', got '$2'"; }

# within SECONDS "what" command...   polls until the command holds
within() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || fail "not in time: $what"
    sleep 0.3
  done
}

helm() { "${tool_path[helm]}" "$@"; }
kubectl() { "$PLIMSOLL_TB_KUBECTL" "$@"; }

use_bed() {
  need_tools helm
  eval "$("$bed" env)"
}

# The namespace as the documentation makes it, and the chart in it.    install [helm's own flags]
install() {
  within 30 "no namespace from before is left" namespace_is_gone
  kubectl create namespace "$own" >/dev/null
  kubectl label namespace "$own" pod-security.kubernetes.io/enforce=restricted >/dev/null
  helm install plimsoll "$chart" --namespace "$own" "$@" >/dev/null
}
namespace_is_gone() { ! kubectl get namespace "$own"; }

# Takes away what a test installed, whatever became of the test.
remove() {
  helm uninstall plimsoll --namespace "$own" --ignore-not-found >/dev/null 2>&1 || true
  [ ! -e "$state/applied.yaml" ] || kubectl delete --ignore-not-found --wait=false -f "$state/applied.yaml" >/dev/null
  kubectl delete crd signingbaselines.plimsoll.dev signingpolicies.plimsoll.dev --ignore-not-found >/dev/null
  kubectl delete namespace "$own" --ignore-not-found >/dev/null
}

# A kubeconfig with a token of one of the chart's accounts, as a Pod would have it.
account_kubeconfig() {
  local file=$state/$1.kubeconfig
  cat >"$file" <<YAML
apiVersion: v1
kind: Config
current-context: bed
clusters:
- name: bed
  cluster: {server: "$PLIMSOLL_TB_APISERVER", certificate-authority: "$PLIMSOLL_TB_CA"}
users:
- name: account
  user: {token: "$(kubectl -n "$own" create token "$1" --duration 1h)"}
contexts:
- name: bed
  context: {cluster: bed, user: account}
YAML
  chmod 600 "$file"
  echo "$file"
}

# The controller outside of the cluster, for there is no node: with the chart's account, and hours made seconds.
start_controller() {
  local config=$state/plimsoll.yaml
  cat >"$config" <<YAML
durations: {reverifyAfter: 4s, establishAfter: 8s, confirmAfter: 2s, driftRecheckAfter: 4s, signingGrace: 2s, observedFalseAfter: 5s}
trustedRootFile: $PLIMSOLL_TB_TRUSTED_ROOT
registries:
- {host: "$PLIMSOLL_TB_REGISTRY", plainHTTP: true, allowAddress: [127.0.0.0/8]}
$(printf '%s\n' "$@")
YAML
  free_ports controller_metrics controller_health
  launch controller "$programs/plimsoll-controller" --config "$config" --namespace "$own" \
    --serving-certificate-secret plimsoll-webhook-certificate \
    --kubeconfig "$(account_kubeconfig plimsoll-controller)" \
    --metrics-address "127.0.0.1:$controller_metrics" --health-address "127.0.0.1:$controller_health"
  await controller 60 answers "http://127.0.0.1:$controller_health/readyz"
}

# baseline REPOSITORY FIELD   of its status
baseline() {
  kubectl get signingbaselines -o json |
    jq -r --arg repository "$1" --arg field "$2" '.items[] | select(.spec.repository == $repository) | .status[$field] // ""'
}
baseline_is() { [ "$(baseline "$1" "$2")" = "$3" ]; }

# Requests of the chart's accounts that the API server denied.
denied_calls() {
  jq -r 'select(.user.username | startswith("system:serviceaccount:plimsoll-system:")) |
    select(.responseStatus.code == 403) | [.user.username, .verb, .requestURI] | @tsv' "$PLIMSOLL_TB_AUDIT_LOG"
}

# Runs the function that ctest names, and tidies up.    run_statement "$@"
run_statement() {
  trap 'result=$?; halt 15 $(cd "$state/run" && ls | sed -n "s/\.pid$//p"); [ -z "${installed:-}" ] || remove; rm -rf "$state"; exit $result' EXIT
  "$1"
}
