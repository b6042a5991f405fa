#!/bin/bash
# What the documentation says to type works when it is typed: every command block that is marked as runnable (```sh run),
# page by page, against the real API server and registry, with the chart installed as the pages say. There is no node, so
# blocks that read a Pod's log are not marked. Run by ctest.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

work=$state/work

# The commands as a user has them on the PATH. An answer that is no is an answer: only what was refused or could not be
# judged fails a block.
make_commands() {
  local name
  mkdir -p "$work/bin" "$work/.local/share/bash-completion/completions" "$work/.config/fish/completions"
  ln -s "$PLIMSOLL_ROOT/deploy" "$work/deploy"
  ln -s "${tool_path[helm]}" "$work/bin/helm"
  ln -s "$PLIMSOLL_TB_KUBECTL" "$work/bin/kubectl"
  for name in plimsoll kubectl-plimsoll; do
    cat >"$work/bin/$name" <<SH
#!/bin/bash
code=0
case " \$* " in
*' --config '*) ;;
*' inspect '* | *' replay '* | *' preview '* | *' check '*) set -- "\$@" --config "$work/plimsoll.yaml" ;;
esac
"$programs/plimsoll" "\$@" || code=\$?
case \$1:\$code in explain:1 | history:1 | inspect:1 | preview:1 | replay:1) exit 0 ;; esac
exit \$code
SH
    chmod +x "$work/bin/$name"
  done
}

# A repository that is Established under one key, then runs an image of another signer and an unsigned one.
make_history() {
  local tag image
  web=$PLIMSOLL_TB_REGISTRY/docs-$$/web
  image=$("$bed" push "$web:1.0.0")
  "$bed" sign --key "$image"
  "$bed" pod shop web "$web:1.0.0"
  within 120 "the baseline is Established" baseline_is "$web" state Established
  image=$("$bed" push "$web:1.1.0")
  "$bed" sign --key --other "$image"
  "$bed" push "$web:1.2.0" >/dev/null
  for tag in 1.1.0 1.2.0; do "$bed" pod shop "web-${tag//./-}" "$web:$tag"; done
  within 120 "both drifts are open" two_drifts
}
two_drifts() { [ "$(drifts | wc -l)" -ge 2 ]; }
drifts() {
  kubectl get signingbaselines -o json |
    jq -r --arg repository "$web" '.items[] | select(.spec.repository == $repository) | .status.drift[] | select(.resolvedTime == null) | [.kind, .fingerprint] | @tsv'
}
fingerprint() { drifts | sed -n "s/^$1\t//p" | head -n 1; }

make_files() {
  cp "$state/plimsoll.yaml" "$work/plimsoll.yaml"
  cp "$PLIMSOLL_TB_PUBLIC_KEY" "$work/cosign.pub"
  cp "$PLIMSOLL_TB_TRUSTED_ROOT" "$work/trusted_root.json"
  kubectl create deployment web --image "$web:1.0.0" --dry-run=client -o yaml >"$work/deploy.yaml"
  jq -cn --arg digest "sha256:$(printf 'a%.0s' {1..64})" \
    '{time: "2026-01-01T00:00:00Z", repository: "ghcr.io/acme/storefront/web", digest: $digest, running: true, posture: "Unsigned"}' \
    >"$work/history.jsonl"
}

# run_pages PAGE...   with what this cluster has in place of the examples' names
run_pages() {
  local file where blocks=$state/blocks
  mkdir -p "$blocks"
  python3 "$here/commands.py" "$blocks" "${instead[@]}" "$@" >"$blocks/list"
  [ -s "$blocks/list" ] || fail "no block of $* is marked as runnable"
  while read -r file where; do
    ! grep -q '^kubectl create -f baselines.json' "$blocks/$file" || lose_baselines
    (cd "$work" && HOME=$work PATH=$work/bin:$PATH bash "$blocks/$file" </dev/null) >"$blocks/output" 2>&1 || {
      cat "$blocks/$file" "$blocks/output" >&2
      fail "the commands of $where do not work"
    }
    say "  works: $where"
    ran=$((ran + 1))
  done <"$blocks/list"
}

# What a backup is for.
lose_baselines() {
  kubectl annotate signingbaselines --all plimsoll.dev/discard-trust="lost" >/dev/null
  kubectl delete signingbaselines --all >/dev/null
}
learned() { kubectl get signingbaselines -o json | jq -Sc '[.items[] | [.spec, .status]]'; }

EveryMarkedCommandBlockRuns() {
  use_bed
  need_tools helm
  local page pages ran=0 instead=()
  mapfile -t pages < <(git ls-files -co --exclude-standard '*.md' | xargs grep -l '^ *```sh run$')
  make_commands
  kubectl apply -f "$here/foreign-resources.yaml" >/dev/null
  kubectl create namespace shop >/dev/null 2>&1 || true
  within 30 "no namespace from before is left" namespace_is_gone
  installed=1
  run_pages docs/installation.md
  start_controller
  make_history
  make_files
  instead=("NAME=$(kubectl get signingbaselines -o json | jq -r --arg r "$web" '.items[] | select(.spec.repository == $r) | .metadata.name')"
    "ghcr.io/acme/storefront/web:v2.99.3=$web:1.0.0" "registry.example.com/team-a/batch:1.4=$web:1.0.0"
    "ghcr.io/acme/storefront/web=$web"
    "SignerChanged s-5c5d663e2d480544ae66aa8b1a77125c=SignerChanged $(fingerprint SignerChanged)"
    "SignatureMissing d-5c5d663e2d480544ae66aa8b1a77125c=SignatureMissing $(fingerprint SignatureMissing)")
  # What is taken away comes last: the baselines, the configuration that denies, the chart.
  local last=(docs/backup.md docs/webhook-in-the-way.md docs/uninstall.md)
  run_pages docs/command-line.md
  for page in "${pages[@]}"; do
    case " ${last[*]} docs/installation.md docs/command-line.md " in *" $page "*) ;; *) run_pages "$page" ;; esac
  done
  halt 15 controller
  local before after
  before=$(learned)
  run_pages docs/backup.md
  after=$(learned)
  same "$before" "$after"
  run_pages docs/webhook-in-the-way.md
  run_pages docs/uninstall.md
  say "  $ran blocks of ${#pages[@]} pages"
  kubectl delete namespace shop --wait=false >/dev/null
}

run_statement "$@"
