#!/bin/bash
# A real drift in a real cluster becomes an alert that reaches somebody: controller, webhook, Prometheus, Alertmanager
# and a receiver, each a process on loopback. One function a statement; run by ctest.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$here/monitoring.sh"

start_webhook() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=plimsoll-webhook \
    -addext subjectAltName=DNS:localhost -keyout "$state/tls.key" -out "$state/tls.crt" 2>/dev/null
  free_ports webhook webhook_metrics webhook_health
  launch webhook "$programs/plimsoll-webhook" --config "$state/plimsoll.yaml" --namespace "$own" \
    --kubeconfig "$(account_kubeconfig plimsoll-webhook)" --listen-address "127.0.0.1:$webhook" \
    --tls-cert-file "$state/tls.crt" --tls-private-key-file "$state/tls.key" \
    --metrics-address "127.0.0.1:$webhook_metrics" --health-address "127.0.0.1:$webhook_health"
  await webhook 60 answers "http://127.0.0.1:$webhook_health/readyz"
}

# A signed repository that is Established, then runs an unsigned image.
provoke_drift() {
  local image
  web=$PLIMSOLL_TB_REGISTRY/deploy-$$/web
  image=$("$bed" push "$web:1.0.0")
  "$bed" sign --key "$image"
  "$bed" pod "shop-$$" web "$web:1.0.0"
  within 120 "the baseline is Established" baseline_is "$web" state Established
  "$bed" push "$web:1.1.0" >/dev/null
  "$bed" pod "shop-$$" web-next "$web:1.1.0"
}

ADriftReachesTheReceiverOfAnAlert() {
  use_bed
  installed=1
  install
  start_controller
  start_monitoring "127.0.0.1:$controller_metrics"
  local began
  provoke_drift
  began=$SECONDS
  within 180 "the alert is delivered" delivered PlimsollCriticalDrift
  say "  delivered $((SECONDS - began)) s after the Pod with the unsigned image"
  delivered PlimsollCriticalDrift | head -n 1
  same "$web" "$(delivered PlimsollCriticalDrift | jq -r 'select(.labels.repository) | .labels.repository' | head -n 1)"
  same SignatureMissing "$(delivered PlimsollCriticalDrift | jq -r .labels.kind | head -n 1)"
  delivered PlimsollCriticalDrift | jq -e '.annotations.runbook_url | endswith("/PlimsollCriticalDrift.md")' >/dev/null
  # Durations of seconds are themselves something to know; that rule waits 15 minutes, so it is pending.
  within 20 "the durations' alert is pending" alert_is PlimsollTestDurations pending
  kubectl delete namespace "shop-$$" --wait=false >/dev/null
}
alert_is() {
  curl -fs "http://127.0.0.1:$prometheus/api/v1/alerts" |
    jq -e --arg name "$1" --arg state "$2" '.data.alerts[] | select(.labels.alertname == $name and .state == $state)'
}

EveryQueryOfTheDashboardHasItsMetrics() {
  use_bed
  installed=1
  install
  start_controller 'rekor: {url: "'"$PLIMSOLL_TB_REKOR"'"}'
  start_webhook
  start_monitoring "127.0.0.1:$controller_metrics" "127.0.0.1:$webhook_metrics"
  provoke_drift
  within 120 "the drift is shown" drift_is_shown
  sed "s|IMAGE|$web@sha256:$(printf 'b%.0s' {1..64})|" "$here/review.json" |
    curl -fsk -H 'Content-Type: application/json' --data-binary @- "https://127.0.0.1:$webhook/audit/pods" | jq -e .response.allowed >/dev/null
  within 60 "a look-up is counted" exposed plimsoll_admission_lookups_total
  # What a trust root without an end, and a log that agrees with itself, do not show.
  python3 "$here/queries.py" "$chart/files/dashboard.json" "$chart/files/alerts.yaml" \
    "http://127.0.0.1:$prometheus" "http://127.0.0.1:$controller_metrics/metrics" "http://127.0.0.1:$webhook_metrics/metrics"
  kubectl delete namespace "shop-$$" --wait=false >/dev/null
}
drift_is_shown() { curl -fs "http://127.0.0.1:$controller_metrics/metrics" | grep -q '^plimsoll_drift_open{'; }
exposed() { curl -fs "http://127.0.0.1:$webhook_metrics/metrics" | grep -q "^$1"; }

run_statement "$@"
