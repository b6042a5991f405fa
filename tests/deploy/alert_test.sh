#!/bin/bash
# A real drift in a real cluster becomes an alert that reaches somebody: controller, webhook, Prometheus, Alertmanager
# and a receiver, each a process on loopback. One function a statement; run by ctest.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

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

start_monitoring() {
  need_tools prometheus alertmanager
  free_ports prometheus alertmanager receiver
  cat >"$state/prometheus.yml" <<YAML
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [$PLIMSOLL_ROOT/$chart/files/alerts.yaml]
alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:$alertmanager"]}]}]}
scrape_configs:
- job_name: plimsoll
  static_configs: [{targets: ["127.0.0.1:$controller_metrics"${1:+, "127.0.0.1:$1"}]}]
YAML
  cat >"$state/alertmanager.yml" <<YAML
route: {receiver: hook, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: "http://127.0.0.1:$receiver/"}]}]
YAML
  launch receiver python3 "$here/receiver.py" "$receiver"
  # A package that is unpacked, not installed, has its templates elsewhere than below /usr/share: put there, for it alone.
  local inside=()
  [ -e /usr/share/prometheus/alertmanager ] || inside=(unshare --map-root-user --mount bash -c
    'mount -t overlay overlay -o "lowerdir=$0/share:/usr/share" /usr/share && exec "$@"'
    "$(dirname "$(dirname "${tool_path[alertmanager]}")")")
  launch alertmanager "${inside[@]}" "${tool_path[alertmanager]}" --config.file "$state/alertmanager.yml" \
    --storage.path "$state/am" --web.listen-address "127.0.0.1:$alertmanager" --cluster.listen-address=
  launch prometheus "${tool_path[prometheus]}" --config.file "$state/prometheus.yml" --storage.tsdb.path "$state/tsdb" \
    --web.listen-address "127.0.0.1:$prometheus"
  await alertmanager 60 answers "http://127.0.0.1:$alertmanager/-/ready"
  await prometheus 60 answers "http://127.0.0.1:$prometheus/-/ready"
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

# Alerts that were delivered, of a name.
delivered() { jq -c --arg name "$1" '.alerts[] | select(.labels.alertname == $name and .status == "firing")' "$state/log/receiver.log" | grep .; }

ADriftReachesTheReceiverOfAnAlert() {
  use_bed
  installed=1
  install
  start_controller
  start_monitoring
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
  start_monitoring "$webhook_metrics"
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
