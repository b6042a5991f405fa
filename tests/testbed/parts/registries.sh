# shellcheck shell=bash
# Two registries without accounts: Debian's, which has no referrers API, and ours, which has it.

registries_processes=(registry referrers-registry)

registries_tools=(bedtool docker-registry)

registries_start() {
  local dir=$state/registries plain referrers
  mkdir -p "$dir"
  free_ports plain referrers
  cat >"$dir/registry.yaml" <<YAML
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: $dir/content}
  delete: {enabled: true}
http: {addr: 127.0.0.1:$plain}
YAML
  launch registry env OTEL_TRACES_EXPORTER=none "${tool_path[docker-registry]}" serve "$dir/registry.yaml"
  launch referrers-registry "${tool_path[bedtool]}" registry --listen "127.0.0.1:$referrers"
  await registry 20 answers "http://127.0.0.1:$plain/v2/"
  await referrers-registry 20 answers "http://127.0.0.1:$referrers/v2/"
  cat >"$state/env.registries" <<ENV
export PLIMSOLL_TB_REGISTRY='127.0.0.1:$plain'
export PLIMSOLL_TB_REGISTRY_PROGRAM='${tool_path[docker-registry]}'
export PLIMSOLL_TB_REGISTRY_CONTENT='$dir/content'
export PLIMSOLL_TB_REFERRERS_REGISTRY='127.0.0.1:$referrers'
ENV
}
