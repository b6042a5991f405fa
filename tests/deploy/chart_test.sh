#!/bin/bash
# The chart against Helm and a real API server. There is no node: Pods stay Pending. One function a statement; run by
# ctest.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

TheChartPassesHelmsLint() {
  need_tools helm
  helm lint --strict "$chart"
}

# wrong "what the error must name" helm flags...
wrong() {
  local expected=$1 answer
  shift
  if answer=$(helm template plimsoll "$chart" --namespace "$own" "$@" 2>&1 >/dev/null); then
    fail "was accepted: $*"
  fi
  grep -q -- "$expected" <<<"$answer" || fail "$* was refused without naming '$expected': $answer"
}

WrongValuesAreRefusedWithAClearError() {
  need_tools helm
  wrong replicas --set replicas=3
  wrong replicaCount --set controller.replicaCount=two
  wrong establishafter --set config.durations.establishafter=1h
  wrong rekorr --set config.rekorr.url=https://log.example
  wrong url --set config.rekor.url=log.example
  wrong host --set 'config.registries[0].host=https://registry.example'
  wrong plainHttp --set 'config.registries[0].host=registry.example,config.registries[0].plainHttp=true'
  wrong level --set log.level=verbose
  wrong digest --set image.digest=sha256:abc
  wrong pullPolicy --set image.pullPolicy=Sometimes
  wrong names --set 'pullSecrets[0].namespace=shop'
  wrong runAsUser --set podSecurityContext.runAsUser=0
  wrong secretName --set webhook.certificate.source=secret
  wrong source --set webhook.certificate.source=vault
  wrong extraArgs --set 'controller.extraArgs[0]=dry-run'
  wrong runbookURL --set prometheus.rules.runbookURL=runbooks
  wrong port --set webhook.port=100000
}

EveryRenderingIsAcceptedByTheApiServer() {
  use_bed
  local flags rendered=$state/rendered.yaml
  kubectl apply -f "$here/foreign-resources.yaml" >/dev/null
  within 20 "the foreign resources are served" kubectl get podmonitors,servicemonitors,prometheusrules,certificates,issuers -A
  kubectl create namespace "$own" >/dev/null
  installed=1
  kubectl create namespace shop >/dev/null 2>&1 || true
  while read -r flags; do
    # shellcheck disable=SC2086  # the flags are words
    helm template plimsoll "$chart" --namespace "$own" --no-hooks $flags >"$rendered" || fail "does not render: $flags"
    kubectl apply --server-side --dry-run=server -f "$rendered" >/dev/null || fail "the API server refuses: $flags"
    say "  accepted: ${flags:-the defaults}"
  done <"$here/values-matrix.txt"
}

InstallNeedsNoValueAndLeavesNothingDenied() {
  use_bed
  installed=1
  install
  kubectl -n "$own" wait deployment/plimsoll-controller deployment/plimsoll-webhook --for jsonpath='{.status.replicas}'=2 --timeout 30s
  helm template plimsoll "$chart" --namespace "$own" --show-only templates/tests/test.yaml |
    kubectl create --dry-run=server -f - >/dev/null
  # The API server took the Pods under the restricted profile.
  same 0 "$(kubectl -n "$own" get events -o json | jq '[.items[] | select(.reason == "FailedCreate")] | length')"
  same '' "$(kubectl get validatingwebhookconfigurations plimsoll-enforce plimsoll-audit -o json | jq -r '.items[].webhooks[].clientConfig.caBundle // empty')"
  # No namespace is labelled, so nothing asks the enforcing webhook, which cannot answer here.
  kubectl create namespace "shop-$$" >/dev/null
  "$bed" pod "shop-$$" web "ghcr.io/acme/web:1" "ghcr.io/acme/web@sha256:$(printf 'a%.0s' {1..64})"
  kubectl label namespace "shop-$$" plimsoll.dev/enforce=deny >/dev/null
  if "$bed" pod "shop-$$" second "ghcr.io/acme/web:1" "ghcr.io/acme/web@sha256:$(printf 'a%.0s' {1..64})" 2>/dev/null; then
    fail "a Pod of a denying namespace was admitted without an answer"
  fi
  kubectl delete namespace "shop-$$" --wait=false >/dev/null
}

DeletingABaselineNeedsAReason() {
  use_bed
  installed=1
  install
  kubectl create -f "$here/baseline.yaml" >/dev/null
  local name answer
  name=$(kubectl get signingbaselines -o name)
  # An admission policy takes a moment until it counts.
  within 30 "the deletion is refused" deletion_is_refused "$name"
  answer=$(kubectl delete "$name" 2>&1) && fail "was deleted without a reason"
  grep -q 'trusted on first use; if that is meant: kubectl annotate sb' <<<"$answer" || fail "says: $answer"
  kubectl annotate "$name" plimsoll.dev/discard-trust="test" >/dev/null
  kubectl delete "$name" >/dev/null
}
deletion_is_refused() { ! kubectl delete "$1" --dry-run=server; }

UpgradeAndRollbackKeepWhatWasWritten() {
  use_bed
  installed=1
  install
  kubectl create -f "$here/baseline.yaml" >/dev/null
  kubectl -n "$own" patch configmap plimsoll-state --type merge -p '{"data":{"log":"remembered"}}' >/dev/null
  kubectl -n "$own" patch secret plimsoll-webhook-certificate --type merge -p '{"stringData":{"tls.crt":"kept"}}' >/dev/null
  for configuration in plimsoll-enforce plimsoll-audit; do
    kubectl patch validatingwebhookconfiguration "$configuration" --type json \
      -p '[{"op":"add","path":"/webhooks/0/clientConfig/caBundle","value":"'"$(base64 -w 0 "$PLIMSOLL_TB_CA")"'"}]' >/dev/null
  done
  helm upgrade plimsoll "$chart" --namespace "$own" --set log.level=debug --set controller.replicaCount=3 >/dev/null
  still_there upgrade
  same 3 "$(kubectl -n "$own" get deployment plimsoll-controller -o jsonpath='{.spec.replicas}')"
  helm rollback plimsoll 1 --namespace "$own" >/dev/null
  still_there rollback
  same 2 "$(kubectl -n "$own" get deployment plimsoll-controller -o jsonpath='{.spec.replicas}')"
}
still_there() {
  same remembered "$(kubectl -n "$own" get configmap plimsoll-state -o jsonpath='{.data.log}')"
  same kept "$(kubectl -n "$own" get secret plimsoll-webhook-certificate -o jsonpath='{.data.tls\.crt}' | base64 -d)"
  [ -n "$(kubectl get validatingwebhookconfiguration plimsoll-enforce -o jsonpath='{.webhooks[0].clientConfig.caBundle}')" ] ||
    fail "the $1 took the caBundle away"
  same 1 "$(kubectl get signingbaselines --no-headers | wc -l)"
}

# As Argo CD and Flux do: the rendered chart is applied again and again by a manager of its own.
AnApplyLoopStaysInSync() {
  use_bed
  installed=1
  local round rendered=$state/applied.yaml
  within 30 "no namespace from before is left" namespace_is_gone
  kubectl create namespace "$own" >/dev/null
  helm template plimsoll "$chart" --namespace "$own" --no-hooks >"$rendered"
  kubectl apply --server-side --field-manager argocd -f "$rendered" >/dev/null
  start_controller
  # The leader writes into two of the objects that the loop applies.
  within 60 "the leader has written its caBundle" has_authority
  for round in 1 2 3; do
    kubectl apply --server-side --field-manager argocd -f "$rendered" >/dev/null || fail "round $round is in conflict"
    kubectl diff --server-side --field-manager argocd -f "$rendered" || fail "round $round: out of sync"
    has_authority || fail "round $round took the caBundle away"
  done
}
has_authority() {
  local configuration
  for configuration in plimsoll-enforce plimsoll-audit; do
    kubectl get validatingwebhookconfiguration "$configuration" -o json | jq -e '[.webhooks[].clientConfig.caBundle] | all' || return 1
  done
}

UninstallLeavesTheBaselinesAndNoWebhook() {
  use_bed
  installed=1
  install
  kubectl create -f "$here/baseline.yaml" >/dev/null
  # Pods are created meanwhile in a namespace that denies; with the webhook gone they must be admitted.
  kubectl create namespace "jobs-$$" >/dev/null
  kubectl label namespace "jobs-$$" plimsoll.dev/enforce=deny >/dev/null
  helm uninstall plimsoll --namespace "$own" >/dev/null
  same '' "$(kubectl get validatingwebhookconfigurations -o name | grep plimsoll || true)"
  within 20 "a Pod is admitted again" kubectl -n "jobs-$$" run web --image ghcr.io/acme/web:1 --restart Never
  same 1 "$(kubectl get signingbaselines --no-headers | wc -l)"
  same '' "$(kubectl get clusterroles,clusterrolebindings,validatingadmissionpolicies -o name | grep plimsoll || true)"
  # What was kept is taken over by the next installation.
  helm install plimsoll "$chart" --namespace "$own" >/dev/null
  same 1 "$(kubectl get signingbaselines --no-headers | wc -l)"
  kubectl delete namespace "jobs-$$" --wait=false >/dev/null
}

ADeletedNamespaceLeavesNoWebhook() {
  use_bed
  installed=1
  install
  kubectl delete namespace "$own" >/dev/null
  within 60 "the webhook configurations are gone" no_configurations
}
no_configurations() { ! kubectl get validatingwebhookconfigurations -o name | grep plimsoll; }

# The rights of an account, one a line, in a form that can be compared.
rights() {
  kubectl auth can-i --list --as "system:serviceaccount:$own:$1" --namespace "$2" --no-headers 2>/dev/null |
    sed 's/  */ /g; s/ *$//' | LC_ALL=C sort
}

TheAccountsCanDoWhatTheListsSayAndNoMore() {
  use_bed
  installed=1
  kubectl create namespace shop >/dev/null 2>&1 || true
  install --set 'pullSecrets[0].namespace=shop,pullSecrets[0].names={registry}'
  local account namespace
  for account in plimsoll-controller plimsoll-webhook; do
    for namespace in "$own" shop default; do
      diff "$here/rights/$account-in-$namespace.txt" <(rights "$account" "$namespace") ||
        fail "the rights of $account in $namespace are not those of $here/rights"
    done
  done
}

NoClusterRoleTouchesSecrets() {
  need_tools helm
  local found
  found=$(helm template plimsoll "$chart" --namespace "$own" --set 'pullSecrets[0].namespace=shop,pullSecrets[0].names={registry}' |
    python3 -c '
import sys, yaml
for item in yaml.safe_load_all(sys.stdin):
    if item and item["kind"] == "ClusterRole":
        for rule in item["rules"]:
            if {"secrets", "*"} & set(rule["resources"]):
                print(item["metadata"]["name"], rule)
    if item and item["kind"] == "Role":
        for rule in item["rules"]:
            if "secrets" in rule["resources"] and (not rule.get("resourceNames") or {"list", "watch", "*"} & set(rule["verbs"])):
                print(item["metadata"]["name"], rule)')
  same '' "$found"
}

TheControllerNeedsNoMoreThanItsAccountMay() {
  use_bed
  installed=1
  install
  : >"$PLIMSOLL_TB_AUDIT_LOG"
  local web=$PLIMSOLL_TB_REGISTRY/deploy-$$/web image
  image=$("$bed" push "$web:1.0.0")
  "$bed" sign --key "$image"
  "$bed" pod "shop-$$" web "$web:1.0.0"
  start_controller
  within 120 "the baseline is Established" baseline_is "$web" state Established
  "$bed" push "$web:1.1.0" >/dev/null
  "$bed" pod "shop-$$" web-next "$web:1.1.0"
  within 120 "the drift is open" baseline_is "$web" severity Critical
  within 30 "its Event is on the Pod" has_event
  kubectl -n "$own" get lease plimsoll-controller >/dev/null || fail "no Lease is held"
  same '' "$(denied_calls)"
  kubectl delete namespace "shop-$$" --wait=false >/dev/null
}
has_event() { kubectl -n "shop-$$" get events.events.k8s.io -o json | jq -e '.items[] | select(.reason == "SignatureMissing")'; }

run_statement "$@"
