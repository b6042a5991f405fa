# shellcheck shell=bash
# A real node, where it is asked for: containerd, kubelet and kube-proxy in mount, network, PID, UTS and IPC namespaces of
# their own, and the scheduler that gives it Pods. Needs root. Of the machine itself only a pair of interfaces, two routes
# and the cgroups of the Pods are changed; all of it goes with the part. One node a machine.
#
# The node reaches API server and registry, which are on loopback, at $bed_address; Pods name the registry so, too.
# There is no DNS: what runs here is reached by address.

node_processes=(kube-proxy kubelet containerd node kube-scheduler node-relay-api node-relay-registry)

node_tools=(bedtool kubelet kube-proxy kube-scheduler containerd runc cni-plugins)

node_name=node1
node_address=10.200.0.2
node_pods=10.244.0.0/16
node_services=10.96.0.0/16
node_link=plimsoll-bed

# Says why there can be no node here; empty when there can.
node_obstacle() {
  if [ "$(id -u)" -ne 0 ]; then
    echo "a node needs root"
  elif ! unshare --mount --net --pid --uts --ipc --fork --mount-proc --propagation private true 2>/dev/null; then
    echo "this machine does not allow namespaces of one's own"
  elif [ -e "/sys/class/net/$node_link" ]; then
    echo "there is a node of another bed (the interface $node_link); stop it first"
  fi
}

node_start() {
  local dir=$state/node obstacle api registry scheduler inside
  obstacle=$(node_obstacle)
  [ -z "$obstacle" ] || die "$obstacle"
  part_runs kubernetes && part_runs registries || die "the node needs them: scripts/testbed up kubernetes registries"
  load_env
  install_packages node
  mkdir -p "$dir"/{run,kubelet,logs,cni,ipam,machine}
  api=${PLIMSOLL_TB_APISERVER##*:} registry=${PLIMSOLL_TB_REGISTRY##*:}
  node_namespaces
  launch node-relay-api socat "TCP-LISTEN:$api,bind=$bed_address,fork,reuseaddr,nodelay" "TCP:127.0.0.1:$api,nodelay"
  launch node-relay-registry socat "TCP-LISTEN:$registry,bind=$bed_address,fork,reuseaddr" "TCP:127.0.0.1:$registry"

  free_ports scheduler
  kubernetes_kubeconfig system:kube-scheduler "$PLIMSOLL_TB_APISERVER" >"$dir/scheduler.kubeconfig"
  launch kube-scheduler "${tool_path[kube-scheduler]}" --bind-address 127.0.0.1 --secure-port "$scheduler" \
    --kubeconfig "$dir/scheduler.kubeconfig" --authentication-kubeconfig "$dir/scheduler.kubeconfig" \
    --authorization-kubeconfig "$dir/scheduler.kubeconfig" --leader-elect=false

  node_containerd
  node_kubelet
  node_proxy
  cat >"$state/env.node" <<ENV
export PLIMSOLL_TB_NODE='$node_name'
export PLIMSOLL_TB_NODE_REGISTRY='$bed_address:$registry'
export PLIMSOLL_TB_NODE_ADDRESS='$bed_address'
ENV
}

# The namespaces live as long as the shell that is their first process.
node_namespaces() {
  cat >"$dir/init.sh" <<'SH'
mount --make-rshared /
hostname "$1"
cd "$2"
# The kubelet writes these for the whole machine: it gets files of its own instead.
for key in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
  cat "/proc/sys/$key" >"machine/${key//\//_}" && mount --bind "machine/${key//\//_}" "/proc/sys/$key"
done
ip link set lo up
sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1 || true
touch ready
trap 'exit 0' TERM
while :; do sleep 3600 & wait $!; done
SH
  launch node unshare --mount --net --pid --uts --ipc --fork --kill-child --mount-proc --propagation private \
    bash "$dir/init.sh" "$node_name" "$dir"
  await node 10 test -f "$dir/ready"
  local first
  first=$(pgrep -P "$(pid_of node)")
  inside=(nsenter -t "$first" -m -n -p -u -i --)
  ip link add "$node_link" type veth peer name eth0 netns "$first"
  ip address add "$bed_address/24" dev "$node_link"
  ip link set "$node_link" up
  "${inside[@]}" sh -c "ip address add $node_address/24 dev eth0; ip link set eth0 up; ip route add default via $bed_address"
  ip route add "$node_pods" via "$node_address" dev "$node_link"
  ip route add "$node_services" via "$node_address" dev "$node_link"
}

node_containerd() {
  local pause="$bed_address:$registry/testbed/pause:1" folder
  "${tool_path[bedtool]}" push "127.0.0.1:$registry/testbed/pause:1" --text pause --runnable >/dev/null
  mkdir -p "$dir/hosts/$bed_address:$registry"
  cat >"$dir/hosts/$bed_address:$registry/hosts.toml" <<TOML
[host."http://$bed_address:$registry"]
  capabilities = ["pull", "resolve"]
TOML
  cat >"$dir/cni/10-bridge.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "bed", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true, "forceAddress": true,
   "ipam": {"type": "host-local", "dataDir": "$dir/ipam", "ranges": [[{"subnet": "10.244.1.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
  # Without the right to lower an OOM score, runc could start no sandbox.
  cat >"$dir/containerd.toml" <<TOML
version = 2
root = "$dir/containerd"
state = "$dir/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "$dir/run/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$dir/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$(dirname "${tool_path[cni-plugins]}")"
    conf_dir = "$dir/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$dir/hosts"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
TOML
  folder=$(dirname "${tool_path[containerd]}")
  path=$folder:$(dirname "${tool_path[runc]}"):/usr/sbin:/usr/bin:/sbin:/bin
  launch containerd "${inside[@]}" env PATH="$path" "${tool_path[containerd]}" --config "$dir/containerd.toml"
  await containerd 20 test -S "$dir/run/containerd.sock"
}

node_kubelet() {
  kubernetes_certificate "$dir/kubelet-server" "/CN=$node_name" "DNS:$node_name,IP:$node_address"
  kubernetes_kubeconfig "system:node:$node_name" "https://$bed_address:$api" system:nodes >"$dir/kubelet.kubeconfig"
  echo "nameserver $bed_address" >"$dir/resolv.conf"
  # No image may go because a disk is fuller than a kubelet likes: others use it too.
  cat >"$dir/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
failSwapOn: false
oomScoreAdj: 0
maxOpenFiles: 20000
containerRuntimeEndpoint: unix://$dir/run/containerd.sock
podLogsDir: $dir/logs
resolvConf: $dir/resolv.conf
clusterDomain: cluster.local
clusterDNS: ["$bed_address"]
tlsCertFile: $dir/kubelet-server.crt
tlsPrivateKeyFile: $dir/kubelet-server.key
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $state/kubernetes/ca.crt}}
authorization: {mode: Webhook}
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, nodefs.inodesFree: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
serializeImagePulls: false
registryPullQPS: 0
nodeStatusUpdateFrequency: 10s
healthzBindAddress: 127.0.0.1
YAML
  # The Node that only gave the cluster a platform would be given Pods.
  "$(kubernetes_kubectl)" cordon testbed >/dev/null
  launch kubelet "${inside[@]}" env PATH="$path" "${tool_path[kubelet]}" --config "$dir/kubelet.yaml" \
    --kubeconfig "$dir/kubelet.kubeconfig" --root-dir "$dir/kubelet" --cert-dir "$dir/kubelet/pki" \
    --hostname-override "$node_name" --node-ip "$node_address" -v 1
  await kubelet 60 node_is_ready
  # The controller that takes this away also deletes Pods of Nodes that are silent: it does not run here.
  "$(kubernetes_kubectl)" taint nodes "$node_name" node.kubernetes.io/not-ready:NoSchedule- >/dev/null 2>&1 || true
}
node_is_ready() { "$(kubernetes_kubectl)" wait --for=condition=Ready "node/$node_name" --timeout=1s; }

node_proxy() {
  kubernetes_kubeconfig system:kube-proxy "https://$bed_address:$api" >"$dir/proxy.kubeconfig"
  cat >"$dir/proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: $node_pods
oomScoreAdj: 0
clientConnection: {kubeconfig: $dir/proxy.kubeconfig}
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
hostnameOverride: $node_name
YAML
  launch kube-proxy "${inside[@]}" env PATH="$path" "${tool_path[kube-proxy]}" --config "$dir/proxy.yaml"
  await kube-proxy 20 "${inside[@]}" curl -fs -o /dev/null http://127.0.0.1:10256/healthz
}

# What the processes leave outside of their namespaces.
node_stopped() {
  [ -d "$state/node" ] || return 0
  ip link delete "$node_link" 2>/dev/null || true
  local group
  for group in /sys/fs/cgroup/*/kubepods /sys/fs/cgroup/kubepods; do
    [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true
  done
}
