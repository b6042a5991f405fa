#!/bin/bash
# What is written down agrees with what is there. One function a statement; run by ctest.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

EveryGeneratedFileIsCurrent() {
  need_tools helm
  HELM=${tool_path[helm]} scripts/generate --check || fail "a generated file is not current"
}

TheChartsResourcesAreThoseOfTheProject() {
  diff -r crds "$chart/files/crds" || fail "the chart's copy of crds/ is another"
}

EveryAlertHasItsRunbookAndEveryRunbookItsAlert() {
  local alerts runbooks page
  alerts=$(sed -n 's/^  - alert: //p' "$chart/files/alerts.yaml" | sort -u)
  runbooks=$(cd docs/runbooks && ls ./*.md | sed 's/^\.\///; s/\.md$//' | sort)
  same "$alerts" "$runbooks"
  for page in $alerts; do
    for part in 'What it means' 'How to check by hand' 'What to do' 'When it is a false alarm'; do
      grep -qx "## $part" "docs/runbooks/$page.md" || fail "docs/runbooks/$page.md does not say: $part"
    done
    grep -q "runbooks/$page.md$" "$chart/files/alerts.yaml" || fail "$page does not name its runbook"
  done
}

EveryAlertFiresAndKeepsSilentWhenItShould() {
  local alert
  need_tools promtool
  cp "$chart/files/alerts.yaml" "$here/alerts_test.yaml" "$state"
  (cd "$state" && "${tool_path[promtool]}" check rules alerts.yaml && "${tool_path[promtool]}" test rules alerts_test.yaml) ||
    fail "promtool disagrees"
  for alert in $(sed -n 's/^  - alert: //p' "$chart/files/alerts.yaml" | sort -u); do
    grep -q "^- name: '$alert fires: " "$here/alerts_test.yaml" || fail "no case in which $alert fires"
    grep -q "^- name: '$alert is silent: " "$here/alerts_test.yaml" || fail "no case in which $alert is silent"
  done
}

EveryLinkLeadsSomewhere() {
  python3 - <<'PY' || fail "a link leads nowhere"
import pathlib, re, subprocess, sys
pages = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], capture_output=True, text=True, check=True).stdout.split()
broken = 0
def anchors(path):
    names = set()
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith("#"):
            title = line.lstrip("#").strip().lower()
            names.add(re.sub(r"[^\w\- ]", "", title).replace(" ", "-"))
        names.update(re.findall(r'<a name="([^"]+)"', line))
    return names
for page in pages:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", pathlib.Path(page).read_text(), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (pathlib.Path(page).parent / name) if name else pathlib.Path(page)
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors(path)):
            print(f"{page}: {target}")
            broken += 1
sys.exit(1 if broken else 0)
PY
}

run_statement "$@"
