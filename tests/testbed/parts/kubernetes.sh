# shellcheck shell=bash
# The control plane: etcd, kube-apiserver and kube-controller-manager on loopback, with TLS, RBAC and admission.
# There is neither scheduler nor kubelet, unless the part `node` is started too: whoever wants a Pod to run writes its
# status (scripts/testbed pod).

# Of this machine, as a node sees it.
bed_address=10.200.0.1

kubernetes_processes=(kube-controller-manager kube-apiserver etcd)

kubernetes_tools=(bedtool etcd kube-apiserver kube-controller-manager kubectl)

kubernetes_start() {
  local dir=$state/kubernetes etcd peer api manager
  mkdir -p "$dir"
  free_ports etcd peer api manager

  launch etcd "${tool_path[etcd]}" --name testbed --data-dir "$dir/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "http://127.0.0.1:$etcd" --advertise-client-urls "http://127.0.0.1:$etcd" \
    --listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
    --initial-cluster "testbed=http://127.0.0.1:$peer" --quota-backend-bytes 4294967296
  kubernetes_certificates "$dir"
  kubernetes_kubeconfig admin "https://127.0.0.1:$api" system:masters >"$dir/admin.kubeconfig"
  kubernetes_kubeconfig system:kube-controller-manager "https://127.0.0.1:$api" >"$dir/manager.kubeconfig"
  await etcd 20 answers "http://127.0.0.1:$etcd/health"

  # The advertised address may not be loopback: it is where a node reaches the API server, if there is one.
  launch kube-apiserver "${tool_path[kube-apiserver]}" --bind-address 127.0.0.1 --secure-port "$api" \
    --advertise-address "$bed_address" --etcd-servers "http://127.0.0.1:$etcd" --service-cluster-ip-range 10.96.0.0/16 \
    --client-ca-file "$dir/ca.crt" --tls-cert-file "$dir/apiserver.crt" --tls-private-key-file "$dir/apiserver.key" \
    --service-account-issuer https://kubernetes.default.svc.cluster.local \
    --service-account-key-file "$dir/sa.pub" --service-account-signing-key-file "$dir/sa.key" \
    --kubelet-client-certificate "$dir/kubelet-client.crt" --kubelet-client-key "$dir/kubelet-client.key" \
    --kubelet-preferred-address-types InternalIP --requestheader-client-ca-file "$dir/ca.crt" --requestheader-allowed-names none \
    --requestheader-username-headers X-Remote-User --requestheader-group-headers X-Remote-Group \
    --requestheader-extra-headers-prefix X-Remote-Extra- \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged \
    --audit-policy-file "$bed/audit-policy.yaml" --audit-log-path "$dir/audit.log" \
    --profiling=false --event-ttl 1h
  # The API server is its own judge of readiness, RBAC's first roles included.
  await kube-apiserver 60 kubernetes_ready "https://127.0.0.1:$api"

  # Left out are the controllers that would delete Pods without a live Node behind them.
  launch kube-controller-manager "${tool_path[kube-controller-manager]}" --bind-address 127.0.0.1 \
    --secure-port "$manager" --kubeconfig "$dir/manager.kubeconfig" \
    --authentication-kubeconfig "$dir/manager.kubeconfig" --authorization-kubeconfig "$dir/manager.kubeconfig" \
    --root-ca-file "$dir/ca.crt" --service-account-private-key-file "$dir/sa.key" --use-service-account-credentials \
    --cluster-signing-cert-file "$dir/ca.crt" --cluster-signing-key-file "$dir/ca.key" --leader-elect=false \
    --controllers '*,-node-lifecycle-controller,-taint-eviction-controller,-pod-garbage-collector-controller' \
    --kube-api-qps 200 --kube-api-burst 400
  "$(kubernetes_kubectl)" create -f "$bed/node.yaml" >/dev/null
  await kube-controller-manager 30 "$(kubernetes_kubectl)" -n default get serviceaccount default

  cat >"$state/env.kubernetes" <<ENV
export KUBECONFIG='$dir/admin.kubeconfig'
export KUBECACHEDIR='$dir/cache'
export PLIMSOLL_TB_APISERVER='https://127.0.0.1:$api'
export PLIMSOLL_TB_CA='$dir/ca.crt'
export PLIMSOLL_TB_AUDIT_LOG='$dir/audit.log'
export PLIMSOLL_TB_KUBECTL='${tool_path[kubectl]}'
ENV
}

kubernetes_ready() {
  curl -fs --max-time 2 -o /dev/null --cacert "$state/kubernetes/ca.crt" --cert "$state/kubernetes/admin.crt" \
    --key "$state/kubernetes/admin.key" "$1/readyz"
}

# kubectl of this bed as the admin, as one word that `await` can run.
kubernetes_kubectl() {
  local script=$state/kubernetes/kubectl
  if [ ! -x "$script" ]; then
    printf '#!/bin/sh\nKUBECACHEDIR=%q exec %q --kubeconfig %q "$@"\n' "$state/kubernetes/cache" \
      "${tool_path[kubectl]}" "$state/kubernetes/admin.kubeconfig" >"$script.new"
    chmod +x "$script.new"
    mv "$script.new" "$script"
  fi
  echo "$script"
}

kubernetes_certificates() {
  local dir=$1
  new_key "$dir/ca.key"
  openssl req -x509 -new -key "$dir/ca.key" -days 3650 -subj '/CN=plimsoll test bed' -out "$dir/ca.crt" \
    -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
  new_key "$dir/sa.key"
  openssl pkey -in "$dir/sa.key" -pubout -out "$dir/sa.pub"
  kubernetes_certificate "$dir/apiserver" /CN=kube-apiserver \
    'DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1,IP:'"$bed_address"
  kubernetes_certificate "$dir/kubelet-client" /CN=kube-apiserver-kubelet-client/O=system:masters
}

new_key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }

# kubernetes_certificate FILE SUBJECT [NAMES]   FILE.key and FILE.crt, for client and server
kubernetes_certificate() {
  local dir=$state/kubernetes
  new_key "$1.key"
  openssl req -new -key "$1.key" -subj "$2" -multivalue-rdn |
    openssl x509 -req -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -set_serial "0x$(openssl rand -hex 16)" -days 3650 \
      -extfile <(printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n%s\n' \
        "${3:+subjectAltName=$3}") -out "$1.crt" 2>/dev/null
}

# kubernetes_kubeconfig USER SERVER [GROUP...]   prints a kubeconfig for any user, also a ServiceAccount's name
kubernetes_kubeconfig() {
  local dir=$state/kubernetes user=$1 server=$2 subject group file
  shift 2
  subject=/CN=$user
  for group in "$@"; do subject="$subject/O=$group"; done
  file=$dir/$(tr -c 'a-zA-Z0-9\n' - <<<"$user")
  kubernetes_certificate "$file" "$subject"
  cat <<YAML
apiVersion: v1
kind: Config
current-context: testbed
clusters:
- name: testbed
  cluster:
    server: $server
    certificate-authority-data: $(base64 -w 0 "$dir/ca.crt")
users:
- name: user
  user:
    client-certificate-data: $(base64 -w 0 "$file.crt")
    client-key-data: $(base64 -w 0 "$file.key")
contexts:
- name: testbed
  context:
    cluster: testbed
    user: user
YAML
}
