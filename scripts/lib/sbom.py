"""Prints the SBOM of an image's root as SPDX 2.3 JSON.    sbom.py ROOT VERSION DIGEST

What is listed are the packages of the image's own list (usr/share/doc/plimsoll/packages.tsv) and the programs; nothing
else is in there. The same image gives the same bytes.
"""
import hashlib
import json
import pathlib
import re
import sys

root, version, digest = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
CREATED = "2026-01-01T00:00:00Z"  # as the time stamps in the image


def identifier(text):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", text)


packages = [{
    "SPDXID": "SPDXRef-image", "name": "plimsoll", "versionInfo": version, "downloadLocation": "NOASSERTION",
    "filesAnalyzed": False, "licenseDeclared": "Apache-2.0", "licenseConcluded": "NOASSERTION",
    "copyrightText": "NOASSERTION", "checksums": [{"algorithm": "SHA256", "checksumValue": digest.removeprefix("sha256:")}],
}]
files = []
relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-image"}]
for line in (root / "usr/share/doc/plimsoll/packages.tsv").read_text().splitlines():
    name, number, source, source_number = line.split("\t")
    packages.append({
        "SPDXID": identifier("package-" + name), "name": name, "versionInfo": number, "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False, "licenseDeclared": "NOASSERTION", "licenseConcluded": "NOASSERTION",
        "copyrightText": "NOASSERTION", "sourceInfo": f"built from {source} {source_number}",
        "comment": f"its licence is /usr/share/doc/{name}/copyright in the image",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                          "referenceLocator": f"pkg:deb/debian/{name}@{number}?distro=debian-12"}],
    })
    relations.append({"spdxElementId": "SPDXRef-image", "relationshipType": "CONTAINS", "relatedSpdxElement": identifier("package-" + name)})
for program in ("plimsoll", "plimsoll-controller", "plimsoll-webhook"):
    content = (root / "usr/bin" / program).read_bytes()
    files.append({
        "SPDXID": identifier("file-" + program), "fileName": f"./usr/bin/{program}",
        "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(content).hexdigest()},
                      {"algorithm": "SHA256", "checksumValue": hashlib.sha256(content).hexdigest()}],
        "licenseConcluded": "Apache-2.0", "copyrightText": "NOASSERTION",
    })
    relations.append({"spdxElementId": "SPDXRef-image", "relationshipType": "CONTAINS", "relatedSpdxElement": identifier("file-" + program)})
json.dump({
    "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"plimsoll-{version}",
    "documentNamespace": f"https://plimsoll.dev/sbom/{version}/{digest.removeprefix('sha256:')}",
    "creationInfo": {"created": CREATED, "creators": ["Tool: scripts/lib/sbom.py"]},
    "packages": packages, "files": files, "relationships": relations,
}, sys.stdout, indent=1)
print()
