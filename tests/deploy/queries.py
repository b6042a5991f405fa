"""Every metric that dashboard and alerts name is exposed by a real run, and Prometheus takes every query.

queries.py DASHBOARD ALERTS PROMETHEUS METRICS-URL...
"""
import json
import re
import sys
import urllib.parse
import urllib.request

import yaml

# Shown only when there is something to say: none of these can be provoked in a healthy bed.
SILENT = {
    "plimsoll_acceptance_expiration_timestamp_seconds",  # an acceptance with an end
    "plimsoll_spike_repositories",  # many repositories with one unknown authority
    "plimsoll_trust_root_stale_from_timestamp_seconds",  # a trust root whose dates end
    "apiserver_admission_webhook_rejection_count",  # the API server's own
}


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read().decode()


dashboard, alerts, prometheus, *exposed = sys.argv[1:]
queries = [target["expr"] for panel in json.load(open(dashboard))["panels"] for target in panel.get("targets", [])]
assert len(queries) > 20
for group in yaml.safe_load(open(alerts))["groups"]:
    queries += [rule["expr"] for rule in group["rules"]]

labels = {}  # of each metric that is exposed
for url in exposed:
    for line in get(url).splitlines():
        match = re.match(r"([a-z_]+)(?:\{(.*)\})? ", line)
        if match:
            labels.setdefault(match[1], set()).update(re.findall(r'([a-z_]+)="', match[2] or ""))

problems = []
for query in queries:
    answer = json.loads(get(prometheus + "/api/v1/query?" + urllib.parse.urlencode({"query": query})))
    if answer["status"] != "success":
        problems.append(f"not taken: {query}")
    named = set(re.findall(r"\b((?:plimsoll|apiserver)_[a-z_]+)", query))
    for name in named - SILENT:
        if name not in labels:
            problems.append(f"not exposed: {name}, of {query}")
    # The labels by which it is selected and grouped.
    used = set(re.findall(r'([a-z_]+)\s*(?:=~|!~|!=|=)\s*"', query))
    for group in re.findall(r"by \(([^)]*)\)", query):
        used.update(part.strip() for part in group.split(","))
    known = set().union(*(labels.get(name, set()) for name in named)) | {"le"}
    if not named & SILENT and used - known:
        problems.append(f"no such label: {', '.join(sorted(used - known))}, of {query}")
print(f"{len(queries)} queries, {len(labels)} metrics exposed")
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
