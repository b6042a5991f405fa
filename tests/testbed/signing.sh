# shellcheck shell=bash
# Signs and verifies with the real cosign against this bed's Sigstore. The forms, logs and identities that the
# tests need differ in a dozen cosign flags and variables; here each is one word.

signing_usage() {
  cat <<USAGE
usage: scripts/testbed sign   [WHO] [HOW] REPOSITORY@DIGEST [-- cosign's own flags]
       scripts/testbed attest [WHO] [HOW] [--type TYPE] [--predicate FILE] REPOSITORY@DIGEST [-- ...]
       scripts/testbed verify [WHO] [HOW] REPOSITORY@DIGEST [-- ...]

WHO   --key [--other]            a key: this bed's cosign.key, or its other.key
      --key-file FILE            any key of cosign's (password: empty); for verify its public key
      --actions [CLAIM=VALUE]... a GitHub Actions workflow (repository, ref, workflow_file, repository_id,
                                 repository_owner_id, event_name, runner_environment, sub ...); the default
      --email ADDRESS            a person
      --issuer NAME              another issuer: actions2, email2
HOW   --classic | --bundle       signature in a .sig tag (default), or bundle as a referrer
      --log rekor1|rekor2|none   where it is logged (default rekor1; rekor2 only with --bundle)
      --timestamp                with an RFC 3161 timestamp too (always so with --log rekor2)
      --cosign2                  with cosign 2 instead of 3
USAGE
}

signing_token() {
  local issuer=actions claim query=
  case ${1:-} in email | email2 | actions | actions2)
    issuer=$1
    shift
    ;;
  esac
  for claim in "$@"; do query="$query&${claim%%=*}=$(jq -rn --arg v "${claim#*=}" '$v | @uri')"; done
  curl -fsS "$PLIMSOLL_TB_OIDC/$issuer/token?${query#&}" | jq -r .value
}

# Sets who, form, log, timestamp, cosign, image, extra ... from the words of the command line.
signing_parse() {
  who=actions form=classic log=rekor1 timestamp=0 cosign=$PLIMSOLL_TB_COSIGN version=3
  key=$PLIMSOLL_TB_KEY public=$PLIMSOLL_TB_PUBLIC_KEY issuer='' email='' image='' type=slsaprovenance1 predicate=''
  claims=() extra=()
  while [ $# -gt 0 ]; do
    case $1 in
    --key) who=key ;;
    --other) key=$PLIMSOLL_TB_OTHER_KEY public=$PLIMSOLL_TB_OTHER_PUBLIC_KEY ;;
    --key-file) who=key key=$2 public=$2 && shift ;;
    --actions) who=actions ;;
    --email) who=email email=$2 && shift ;;
    --issuer) issuer=$2 && shift ;;
    --classic) form=classic ;;
    --bundle) form=bundle ;;
    --log) log=$2 && shift ;;
    --timestamp) timestamp=1 ;;
    --cosign2) cosign=$PLIMSOLL_TB_COSIGN2 version=2 ;;
    --type) type=$2 && shift ;;
    --predicate) predicate=$2 && shift ;;
    --help) signing_usage && exit 0 ;;
    --)
      shift
      extra=("$@")
      break
      ;;
    -*) die "sign: $1 is not known; see scripts/testbed sign --help" ;;
    *@*) image=$1 ;;
    *=*) claims+=("$1") ;;
    *) die "sign: $1 is neither REPOSITORY@DIGEST nor CLAIM=VALUE" ;;
    esac
    shift
  done
  [ -n "$image" ] || die "sign: name the image as REPOSITORY@DIGEST (scripts/testbed push prints it)"
  if [ "$log" = rekor2 ]; then
    [ "$form" = bundle ] || die "sign: Rekor v2 takes bundles only"
    timestamp=1
  fi
  issuer=${issuer:-$who}
  [ -z "$email" ] || claims+=("email=$email")
}

# Runs cosign where a question to a public host fails at once, instead of being answered.
run_cosign() {
  env HTTPS_PROXY=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost,"$bed_address" \
    TUF_ROOT="$PLIMSOLL_TESTBED_STATE/sigstore/tuf" COSIGN_PASSWORD='' \
    SIGSTORE_ROOT_FILE="$PLIMSOLL_TB_FULCIO_CHAIN" SIGSTORE_CT_LOG_PUBLIC_KEY_FILE="$PLIMSOLL_TB_CT_LOG_KEY" \
    SIGSTORE_REKOR_PUBLIC_KEY="$PLIMSOLL_TB_REKOR_KEY" "$cosign" "$@"
}

# Sets `flags` to where a signature goes.
signing_flags() {
  flags=(--yes)
  case $who in
  key) flags+=(--key "$key") ;;
  *) flags+=(--identity-token "$(signing_token "$issuer" "${claims[@]}")") ;;
  esac
  local config=$log
  if [ "$timestamp" = 1 ]; then config=$log-timestamp; fi
  if [ "$form" = bundle ] && [ "$log" = none ] && [ "$who" = key ] && [ "$timestamp" = 0 ]; then
    flags+=(--tlog-upload=false)
    [ "$version" = 2 ] && flags+=(--new-bundle-format) || flags+=(--use-signing-config=false)
  elif [ "$form" = bundle ]; then
    flags+=(--signing-config "$PLIMSOLL_TB_SIGNING_CONFIGS/$config.json" --trusted-root "$PLIMSOLL_TB_TRUSTED_ROOT")
    [ "$version" = 3 ] || flags+=(--new-bundle-format)
  else
    flags+=(--rekor-url "$PLIMSOLL_TB_REKOR")
    [ "$version" = 2 ] || flags+=(--new-bundle-format=false --use-signing-config=false)
    [ "$who" = key ] || flags+=(--fulcio-url "$PLIMSOLL_TB_FULCIO")
    [ "$log" = rekor1 ] || flags+=(--tlog-upload=false)
    [ "$timestamp" = 0 ] || flags+=(--timestamp-server-url "$PLIMSOLL_TB_TSA")
  fi
}

signing_sign() {
  signing_parse "$@"
  signing_flags
  # cosign prints a page about personal data and deprecations; it is shown only when signing fails.
  local output
  output=$(run_cosign sign "${flags[@]}" "${extra[@]}" "$image" 2>&1) || die "cosign sign failed: $output"
  say "  signed $image ($who, $form, log: $log)"
}

signing_attest() {
  signing_parse "$@"
  signing_flags
  local output file
  if [ -z "$predicate" ]; then
    file=$(mktemp)
    predicate=$file
    cat >"$file" <<'JSON'
{"buildDefinition": {"buildType": "https://actions.github.io/buildtypes/workflow/v1", "externalParameters": {},
  "resolvedDependencies": [{"uri": "git+https://github.com/shop/web@refs/heads/main"}]},
 "runDetails": {"builder": {"id": "https://github.com/actions/runner/github-hosted"}}}
JSON
  fi
  output=$(run_cosign attest --predicate "$predicate" --type "$type" "${flags[@]}" "${extra[@]}" "$image" 2>&1) ||
    die "cosign attest failed: $output"
  rm -f ${file:+"$file"}
  say "  attested $image ($who, $form, $type, log: $log)"
}

signing_verify() {
  signing_parse "$@"
  local flags=() claim repository=shop/web ref=refs/heads/main file=.github/workflows/release.yml
  for claim in "${claims[@]}"; do
    case $claim in
    repository=*) repository=${claim#*=} ;;
    ref=*) ref=${claim#*=} ;;
    workflow_file=*) file=${claim#*=} ;;
    esac
  done
  case $who in
  key) flags+=(--key "$public") ;;
  email) flags+=(--certificate-identity "$email" --certificate-oidc-issuer "$PLIMSOLL_TB_OIDC/$issuer") ;;
  *) flags+=(--certificate-identity "https://github.com/$repository/$file@$ref"
    --certificate-oidc-issuer "$PLIMSOLL_TB_OIDC/$issuer") ;;
  esac
  flags+=(--trusted-root "$PLIMSOLL_TB_TRUSTED_ROOT")
  if [ "$form" = classic ]; then
    flags+=(--rekor-url "$PLIMSOLL_TB_REKOR")
    [ "$version" = 2 ] || flags+=(--new-bundle-format=false)
  elif [ "$version" = 2 ]; then
    flags+=(--new-bundle-format)
  fi
  [ "$log" != none ] || flags+=(--insecure-ignore-tlog)
  [ "$timestamp" = 0 ] || flags+=(--use-signed-timestamps)
  run_cosign verify "${flags[@]}" "${extra[@]}" "$image"
}

# What an honest log never does: it says again, signed, that it holds the signature of the image, at an index where it
# holds something else or nothing.
signing_promise() {
  [ $# -eq 2 ] || die "promise: expected REPOSITORY@DIGEST INDEX"
  local tag="${1%@*}:sha256-${1##*:}.sig" index=$2 bundle=dev.sigstore.cosign/bundle manifest payload signed
  need_tools bedtool
  manifest=$("${tool_path[bedtool]}" manifest "$tag")
  # RFC 8785: without white space, keys in order.
  payload=$(jq -cS --arg bundle "$bundle" --argjson index "$index" \
    '.layers[0].annotations[$bundle] | fromjson | .Payload | .logIndex = $index' <<<"$manifest")
  signed=$(printf %s "$payload" | openssl dgst -sha256 -sign "$PLIMSOLL_TESTBED_STATE/sigstore/rekor.key" | base64 -w 0)
  jq -c --arg bundle "$bundle" --argjson payload "$payload" --arg signed "$signed" \
    '.layers[0].annotations[$bundle] = ({SignedEntryTimestamp: $signed, Payload: $payload} | tojson)' <<<"$manifest" |
    "${tool_path[bedtool]}" put "$tag" application/vnd.oci.image.manifest.v1+json >/dev/null
}
