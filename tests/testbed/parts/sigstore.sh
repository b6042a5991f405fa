# shellcheck shell=bash
# A private Sigstore: Fulcio below an intermediate CA, a CT log, Rekor v1 (Trillian in memory, index in Redis),
# Rekor v2 on files, a timestamp authority, and an OpenID issuer. Nobody asks a public host.

sigstore_processes=(fulcio ct-log rekor rekor2 rekor2-tiles timestamp issuer trillian redis)

sigstore_tools=(bedtool trillian timestamp fulcio rekor-server rekor-tiles ct_server cosign cosign2 redis)

rekor2_origin=rekor2.plimsoll.test # also the host of the trusted root's URL, or no checkpoint of it verifies

sigstore_start() {
  local dir=$state/sigstore trees redis rekor rekor2 rekor2_grpc rekor2_metrics tiles timestamp ct issuer
  local fulcio fulcio_grpc fulcio_metrics
  mkdir -p "$dir/rekor2"
  cd "$dir"
  free_ports trees redis rekor rekor2 rekor2_grpc rekor2_metrics tiles timestamp ct issuer fulcio fulcio_grpc \
    fulcio_metrics

  launch trillian "${tool_path[trillian]}" --listen "127.0.0.1:$trees" --trees rekor,ct --out "$dir/trees"
  launch redis "${tool_path[redis]}" --bind 127.0.0.1 --port "$redis" --save '' --appendonly no
  launch issuer "${tool_path[bedtool]}" issuer --listen "127.0.0.1:$issuer"
  sigstore_keys
  sigstore_settings "$issuer"

  launch timestamp "${tool_path[timestamp]}" --listen "127.0.0.1:$timestamp" --key tsa.key --chain tsa-chain.pem
  launch rekor2 "${tool_path[rekor-tiles]}" serve --hostname "$rekor2_origin" --storage-dir "$dir/rekor2" \
    --signer-filepath rekor2.key --http-address 127.0.0.1 --http-port "$rekor2" --grpc-address 127.0.0.1 \
    --grpc-port "$rekor2_grpc" --http-metrics-port "$rekor2_metrics" --checkpoint-interval 500ms \
    --batch-max-age 50ms --log-level warn
  launch rekor2-tiles "${tool_path[bedtool]}" tiles --listen "127.0.0.1:$tiles" --dir "$dir/rekor2"

  await trillian 20 test -s trees
  sed "s/@TREE@/$(sed -n 's/^ct //p' trees)/" "$bed/ct-log.cfg" >ct-log.cfg
  launch ct-log "${tool_path[ct_server]}" --log_config ct-log.cfg --log_rpc_server "127.0.0.1:$trees" \
    --http_endpoint "127.0.0.1:$ct" --logtostderr
  launch rekor "${tool_path[rekor-server]}" serve --log_type prod --port "$rekor" --rekor_server.address 127.0.0.1 \
    --rekor_server.hostname rekor.plimsoll.test --rekor_server.signer rekor.key \
    --trillian_log_server.address 127.0.0.1 --trillian_log_server.port "$trees" \
    --trillian_log_server.tlog_id "$(sed -n 's/^rekor //p' trees)" \
    --search_index.storage_provider redis --redis_server.address 127.0.0.1 --redis_server.port "$redis"
  # Without its CT log Fulcio starts, and then hangs at the first certificate.
  await ct-log 20 answers "http://127.0.0.1:$ct/ct/ct/v1/get-roots"
  launch fulcio "${tool_path[fulcio]}" serve --log_type prod --host 127.0.0.1 --port "$fulcio" \
    --grpc-host 127.0.0.1 --grpc-port "$fulcio_grpc" --metrics-port "$fulcio_metrics" \
    --legacy-unix-domain-socket "@plimsoll-fulcio-$fulcio" --config-path fulcio.yaml \
    --ca fileca --fileca-cert fulcio-chain.pem --fileca-key fulcio.key --fileca-key-passwd fulcio --fileca-watch=false \
    --ct-log-url "http://127.0.0.1:$ct/ct" --ct-log-public-key-path ct.pub
  sigstore_trust "http://127.0.0.1:$fulcio" "http://127.0.0.1:$ct/ct" "http://127.0.0.1:$rekor" \
    "http://127.0.0.1:$rekor2" "http://127.0.0.1:$timestamp/api/v1/timestamp" "http://127.0.0.1:$issuer"
  await issuer 20 answers "http://127.0.0.1:$issuer/actions/keys"
  await timestamp 20 answers "http://127.0.0.1:$timestamp/ping"
  await rekor2 20 answers "http://127.0.0.1:$rekor2/healthz"
  await rekor2-tiles 20 listens "$tiles"
  await rekor 20 answers "http://127.0.0.1:$rekor/api/v1/log"
  await fulcio 20 answers "http://127.0.0.1:$fulcio/healthz"

  cat >"$state/env.sigstore" <<ENV
export PLIMSOLL_TB_FULCIO='http://127.0.0.1:$fulcio'
export PLIMSOLL_TB_CT_LOG='http://127.0.0.1:$ct/ct'
export PLIMSOLL_TB_REKOR='http://127.0.0.1:$rekor'
export PLIMSOLL_TB_REKOR2='http://127.0.0.1:$rekor2'
export PLIMSOLL_TB_REKOR2_TILES='http://127.0.0.1:$tiles'
export PLIMSOLL_TB_TSA='http://127.0.0.1:$timestamp/api/v1/timestamp'
export PLIMSOLL_TB_OIDC='http://127.0.0.1:$issuer'
export PLIMSOLL_TB_TRUSTED_ROOT='$dir/trusted_root.json'
export PLIMSOLL_TB_SIGNING_CONFIGS='$dir/signing'
export PLIMSOLL_TB_FULCIO_ROOT='$dir/fulcio-root.pem'
export PLIMSOLL_TB_FULCIO_CHAIN='$dir/fulcio-chain.pem'
export PLIMSOLL_TB_CT_LOG_KEY='$dir/ct.pub'
export PLIMSOLL_TB_REKOR_KEY='$dir/rekor.pub'
export PLIMSOLL_TB_REKOR2_KEY='$dir/rekor2.pub'
export PLIMSOLL_TB_TSA_CHAIN='$dir/tsa-chain.pem'
export PLIMSOLL_TB_KEY='$dir/cosign.key'
export PLIMSOLL_TB_PUBLIC_KEY='$dir/cosign.pub'
export PLIMSOLL_TB_OTHER_KEY='$dir/other.key'
export PLIMSOLL_TB_OTHER_PUBLIC_KEY='$dir/other.pub'
export PLIMSOLL_TB_COSIGN='${tool_path[cosign]}'
export PLIMSOLL_TB_COSIGN2='${tool_path[cosign2]}'
ENV
}

# certificate NAME SIGNER EXTENSIONS   NAME.pem for NAME.key; SIGNER is the name of the one above, or NAME itself
certificate() {
  local name=$1 signer=$2 password=(-passin pass:fulcio)
  openssl req -new -key "$name.key" "${password[@]}" -subj "/O=plimsoll.test/CN=$name" |
    if [ "$signer" = "$name" ]; then
      openssl x509 -req -key "$name.key" "${password[@]}" -days 3650 -extfile <(printf '%s\n' "$3") -out "$name.pem"
    else
      openssl x509 -req -CA "$signer.pem" -CAkey "$signer.key" "${password[@]}" \
        -set_serial "0x$(openssl rand -hex 16)" -days 3640 -extfile <(printf '%s\n' "$3") -out "$name.pem"
    fi 2>/dev/null
}

sigstore_keys() {
  local authority=$'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash'
  local name
  for name in fulcio-root ct rekor tsa-root tsa; do new_key "$name.key"; done
  # Fulcio wants an encrypted key, and the CT log one that is encrypted the old way.
  openssl ecparam -name prime256v1 -genkey -noout |
    openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:fulcio -out fulcio.key
  openssl ec -in ct.key -aes256 -passout pass:ct -out ct-encrypted.key 2>/dev/null
  openssl genpkey -algorithm ed25519 -out rekor2.key
  for name in ct rekor rekor2; do openssl pkey -in "$name.key" -pubout -out "$name.pub"; done

  certificate fulcio-root fulcio-root "$authority"
  certificate fulcio fulcio-root "$authority"$'\nauthorityKeyIdentifier=keyid\nextendedKeyUsage=codeSigning'
  cat fulcio.pem fulcio-root.pem >fulcio-chain.pem
  certificate tsa-root tsa-root "$authority"
  certificate tsa tsa-root $'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature
extendedKeyUsage=critical,timeStamping\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid'
  cat tsa.pem tsa-root.pem >tsa-chain.pem
  for name in cosign other; do
    COSIGN_PASSWORD='' "${tool_path[cosign]}" generate-key-pair --output-key-prefix "$name" 2>/dev/null
  done
}

sigstore_settings() {
  local issuer
  {
    echo 'oidc-issuers:'
    for issuer in email email2 actions actions2; do
      printf '  http://127.0.0.1:%s/%s:\n    issuer-url: http://127.0.0.1:%s/%s\n    client-id: sigstore\n    type: %s\n' \
        "$1" "$issuer" "$1" "$issuer" "$(case $issuer in email*) echo email ;; *) echo github-workflow ;; esac)"
    done
  } >fulcio.yaml
}

# The trusted root, and one signing configuration for each place where a signature may be logged.
sigstore_trust() {
  local fulcio=$1 ct=$2 rekor=$3 rekor2=$4 timestamp=$5 issuer=$6 since=start-time=2020-01-01T00:00:00Z
  "${tool_path[cosign]}" trusted-root create --out trusted_root.json \
    --fulcio "url=$fulcio,certificate-chain=fulcio-chain.pem,$since" \
    --ctfe "url=$ct,public-key=ct.pub,$since" \
    --rekor "url=$rekor,public-key=rekor.pub,$since" \
    --rekor "url=http://$rekor2_origin,public-key=rekor2.pub,$since,origin=$rekor2_origin" \
    --tsa "url=$timestamp,certificate-chain=tsa-chain.pem,$since"
  mkdir -p signing
  local by="$since,operator=plimsoll.test"
  local ca=(--fulcio "url=$fulcio,api-version=1,$by" --oidc-provider "url=$issuer/email,api-version=1,$by")
  local v1=(--rekor "url=$rekor,api-version=1,$by" --rekor-config ANY)
  local v2=(--rekor "url=$rekor2,api-version=2,$by" --rekor-config ANY)
  local tsa=(--tsa "url=$timestamp,api-version=1,$by" --tsa-config ANY)
  signing_config rekor1 "${ca[@]}" "${v1[@]}"
  signing_config rekor1-timestamp "${ca[@]}" "${v1[@]}" "${tsa[@]}"
  signing_config rekor2-timestamp "${ca[@]}" "${v2[@]}" "${tsa[@]}"
  signing_config none-timestamp "${ca[@]}" "${tsa[@]}"
  signing_config none "${ca[@]}"
}

signing_config() {
  local name=$1
  shift
  "${tool_path[cosign]}" signing-config create "$@" --out "signing/$name.json"
}
