# shellcheck shell=bash
# Pods without a kubelet. The API server keeps them like any other; their status is written by hand.

# create_pod NAMESPACE NAME IMAGE [IMAGE-ID]   IMAGE-ID defaults to what containerd reports for an image that was
# pulled by this name: the repository with the digest that the tag has now
create_pod() {
  local namespace=${1:?NAMESPACE} name=${2:?NAME} image=${3:?IMAGE} id=${4:-} now status
  if [ -z "$id" ]; then
    need_tools bedtool
    id=$(image_id "$image")
  fi
  now=$(date -u +%FT%TZ)
  if ! "$PLIMSOLL_TB_KUBECTL" get namespace "$namespace" >/dev/null 2>&1; then
    "$PLIMSOLL_TB_KUBECTL" create namespace "$namespace" >/dev/null
  fi
  # A Pod is refused until its namespace has the account that it runs under.
  local deadline=$((SECONDS + 20))
  until "$PLIMSOLL_TB_KUBECTL" -n "$namespace" get serviceaccount default >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || die "namespace $namespace got no ServiceAccount; see $state/log/kube-controller-manager.log"
    sleep 0.1
  done
  jq -n --arg name "$name" --arg image "$image" '{apiVersion: "v1", kind: "Pod", metadata: {name: $name},
    spec: {containers: [{name: "main", image: $image}]}}' |
    "$PLIMSOLL_TB_KUBECTL" -n "$namespace" create -f - >/dev/null
  status=$(jq -cn --arg image "$image" --arg id "$id" --arg now "$now" '{status: {phase: "Running", startTime: $now,
    conditions: [{type: "Ready", status: "True", lastTransitionTime: $now}],
    containerStatuses: [{name: "main", image: $image, imageID: $id, ready: true, started: true, restartCount: 0,
      state: {running: {startedAt: $now}}}]}}')
  "$PLIMSOLL_TB_KUBECTL" -n "$namespace" patch pod "$name" --subresource status --type merge -p "$status" >/dev/null
  say "  Pod $namespace/$name \"runs\" $image"
}

image_id() {
  local name=${1%@*} digest=
  case $1 in
  *@*) digest=${1#*@} ;;
  *) digest=$("${tool_path[bedtool]}" digest "$1") ;;
  esac
  # What follows the last colon is a tag only when no slash comes after it: a port is no tag.
  if [[ ${name##*/} == *:* ]]; then name=${name%:*}; fi
  echo "$name@$digest"
}
