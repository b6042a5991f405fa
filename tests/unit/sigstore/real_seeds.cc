#include "real_seeds.h"

#include <sstream>

#include "base/encoding.h"
#include "json/json.h"
#include "json/writer.h"
#include "support/test_data/test_data.h"

namespace plimsoll::sigstore {
namespace {

std::string Rewritten(const json::Value& value) {
  json::Writer writer;
  writer.Copy(value);
  return std::move(writer).Take();
}

template <class Read>
void ForEachRow(std::string_view file, const Read& read) {
  std::istringstream lines(test::ReadTestData(file));
  for (std::string line; std::getline(lines, line);) {
    const auto row = json::Document::Parse(line);
    if (row) read(row->root());
  }
}

}  // namespace

std::vector<BundleSeed> CPythonSeeds() {
  std::vector<BundleSeed> seeds;
  ForEachRow("cpython-bundles/cpython-bundles.jsonl", [&](const json::Value& row) {
    BundleSeed seed;
    seed.name = row["url"].StringOrEmpty();
    seed.bundle = Rewritten(row["bundle"]);
    seed.expected.digests = {"sha256:" + std::string(row["sha256"].StringOrEmpty())};
    seed.identity = row["identity"].StringOrEmpty();
    seed.issuer = row["issuer"].StringOrEmpty();
    seeds.push_back(std::move(seed));
  });
  return seeds;
}

std::vector<ClassicSeed> ChainguardSeeds() {
  std::vector<ClassicSeed> seeds;
  ForEachRow("cosign-images/chainguard-2022.jsonl", [&](const json::Value& row) {
    ClassicSeed seed;
    seed.name = row["image"].StringOrEmpty();
    seed.payload = row["payload"].StringOrEmpty();
    seed.bundle = Rewritten(row["rekorBundle"]);
    seed.expected.digests = {std::string(row["digest"].StringOrEmpty())};
    seed.identity = row["san"].StringOrEmpty();
    seed.issuer = row["issuer"].StringOrEmpty();
    const auto body = Base64Decode(row["rekorBundle"]["Payload"]["body"].StringOrEmpty());
    if (!body) return;
    const auto entry = json::Document::Parse(AsText(*body));
    if (!entry) return;
    const json::Value signature = entry->root()["spec"]["signature"];
    seed.signature = signature["content"].StringOrEmpty();
    const auto pem = Base64Decode(signature["publicKey"]["content"].StringOrEmpty());
    if (pem) seed.certificate = ToText(*pem);
    seeds.push_back(std::move(seed));
  });
  return seeds;
}

}  // namespace plimsoll::sigstore
