# shellcheck shell=bash
# A real Prometheus, a real Alertmanager and who is told, on loopback. Sourced after common.sh.

# start_monitoring TARGET...   scraped each second, with the chart's rules
start_monitoring() {
  local targets
  targets=$(printf '"%s",' "$@")
  need_tools prometheus alertmanager
  free_ports prometheus alertmanager receiver
  cat >"$state/prometheus.yml" <<YAML
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [$PLIMSOLL_ROOT/$chart/files/alerts.yaml]
alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:$alertmanager"]}]}]}
scrape_configs:
- job_name: plimsoll
  static_configs: [{targets: [${targets%,}]}]
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

# Alerts that were delivered, of a name.
delivered() { jq -c --arg name "$1" '.alerts[] | select(.labels.alertname == $name and .status == "firing")' "$state/log/receiver.log" | grep .; }
