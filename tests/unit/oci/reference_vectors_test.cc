// The reference vectors of other tools (references/reference-grammar.json, 452 rows). Each row is either an expectation
// here or one of the differences that are named here; the last test counts them, so that none is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "json/json.h"
#include "oci/reference.h"
#include "support/test_data/test_data.h"

namespace plimsoll::oci {
namespace {

class ReferenceVectors : public ::testing::Test {
 protected:
  void SetUp() override {
    PLIMSOLL_NEEDS_TEST_DATA();
    text_ = test::ReadTestData("references/reference-grammar.json");
    auto parsed = json::Document::Parse(text_);
    ASSERT_TRUE(parsed) << parsed.error().message;
    document_.emplace(std::move(*parsed));
  }
  json::Value Distribution(std::string_view group) const {
    return document_->root()["distribution_reference"][group];
  }
  json::Value Ggcr(std::string_view group) const {
    return document_->root()["go_containerregistry"][group];
  }
  json::Value Root() const { return document_->root(); }

  template <class Function>
  static std::size_t ForEach(const json::Value& rows, Function function) {
    std::size_t count = 0;
    for (auto row = rows.first(); !row.missing(); row = row.next(), ++count) function(row);
    return count;
  }
  static std::string Text(const json::Value& row, std::string_view member) {
    return std::string(row[member].StringOrEmpty());
  }
  static std::string Text(const json::Value& row) { return std::string(row.StringOrEmpty()); }

 private:
  std::string text_;
  std::optional<json::Document> document_;
};

bool HasUpper(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(tolower(c)); });
  return text;
}

// The key of a name that the un-normalised grammar split into domain and path: what has no dot, no colon, no capital and
// is not localhost is no host for docker.
std::string KeyOfRaw(const std::string& domain, const std::string& path) {
  const bool is_host = !domain.empty() && (domain.find_first_of(".:") != std::string::npos ||
                                           domain == "localhost" || HasUpper(domain));
  if (is_host) return Lower(domain) + "/" + path;
  const auto whole = domain.empty() ? path : domain + "/" + path;
  return "docker.io/" + (whole.find('/') == std::string::npos ? "library/" + whole : whole);
}

bool PortIsTooLarge(const std::string& host) {
  const auto colon = host.rfind(':');
  if (colon == std::string::npos || host.ends_with(']')) return false;
  const auto digits = host.substr(colon + 1);
  const bool number = !digits.empty() && std::all_of(digits.begin(), digits.end(), ::isdigit);
  return number && std::stol(digits) > 65'535;
}

TEST_F(ReferenceVectors, DistributionParse) {
  const auto count = ForEach(Distribution("Parse"), [](const json::Value& row) {
    const auto input = Text(row, "input");
    const auto reference = Reference::Parse(input);
    // Difference: SHA-512 is accepted (distribution's test has not linked it in).
    if (Text(row, "err") == "ErrDigestUnsupported" && input.find("@sha512:") != std::string::npos) {
      EXPECT_TRUE(reference) << input;
      return;
    }
    if (row["err"].present()) {
      EXPECT_FALSE(reference) << input;
      return;
    }
    ASSERT_TRUE(reference) << reference.error().message;
    const auto domain = Text(row, "domain");
    auto path = Text(row, "repository");
    if (!domain.empty()) path = path.substr(domain.size() + 1);
    EXPECT_EQ(reference->repository.Key(), KeyOfRaw(domain, path)) << input;
    const auto digest = Text(row, "digest");
    const auto tag = Text(row, "tag");
    EXPECT_EQ(reference->tag, tag.empty() && digest.empty() ? "latest" : tag) << input;
    EXPECT_EQ(reference->digest ? reference->digest->text() : "", digest) << input;
  });
  EXPECT_EQ(count, 48u);
}

TEST_F(ReferenceVectors, DistributionNames) {
  // Names alone: what a name may not be is no repository key either.
  EXPECT_EQ(ForEach(Distribution("WithName_fail"),
                    [](const json::Value& row) {
                      const auto input = Text(row, "input");
                      const auto slash = input.find('/');
                      const auto first = input.substr(0, slash);
                      const auto key =
                          first.find('.') == std::string::npos ? "docker.io/" + input : input;
                      EXPECT_FALSE(Repository::FromKey(key)) << input;
                    }),
            7u);
  EXPECT_EQ(ForEach(Distribution("DomainAndPath"),
                    [](const json::Value& row) {
                      const auto reference = Reference::Parse(Text(row, "input"));
                      ASSERT_TRUE(reference);
                      EXPECT_EQ(reference->repository.Key(),
                                KeyOfRaw(Text(row, "domain"), Text(row, "path")));
                    }),
            6u);
  // Difference: this parser always normalises, so names that are not canonical are made so instead of refused.
  EXPECT_EQ(ForEach(Distribution("ParseNamed_canonical_only"),
                    [](const json::Value& row) {
                      const auto input = Text(row, "input");
                      const auto reference = Reference::Parse(input);
                      ASSERT_TRUE(reference) << input;
                      const bool canonical = reference->repository.Key() == input;
                      EXPECT_EQ(canonical, !row["err"].present()) << input;
                    }),
            8u);
  EXPECT_EQ(ForEach(Distribution("NormalizedSplitHostname"),
                    [](const json::Value& row) {
                      const auto reference = Reference::Parse(Text(row, "input"));
                      ASSERT_TRUE(reference);
                      EXPECT_EQ(reference->repository.host, Text(row, "domain"));
                      EXPECT_EQ(reference->repository.path, Text(row, "path"));
                    }),
            11u);
}

TEST_F(ReferenceVectors, DistributionTextWithTagAndDigest) {
  // The digests of these rows are too short to be any; tags are put together as distribution does.
  for (const char* group : {"WithTag", "WithDigest"}) {
    ForEach(Distribution(group), [](const json::Value& row) {
      if (row["digest"].present()) {
        EXPECT_FALSE(Digest::Parse(Text(row, "digest")));
        EXPECT_FALSE(Reference::Parse(Text(row, "combined")));
        return;
      }
      const auto reference = Reference::Parse(Text(row, "combined"));
      ASSERT_TRUE(reference);
      EXPECT_EQ(reference->tag, Text(row, "tag"));
      EXPECT_EQ(reference->Text(),
                Reference::Parse(Text(row, "name"))->repository.Key() + ":" + Text(row, "tag"));
    });
  }
  EXPECT_EQ(Distribution("WithTag").size() + Distribution("WithDigest").size(), 9u);
}

TEST_F(ReferenceVectors, DistributionNormalizedNames) {
  EXPECT_EQ(ForEach(Distribution("NormalizedNamed_valid"),
                    [](const json::Value& row) {
                      EXPECT_TRUE(Reference::Parse(Text(row))) << Text(row);
                    }),
            35u);
  EXPECT_EQ(ForEach(Distribution("NormalizedNamed_invalid"),
                    [](const json::Value& row) {
                      EXPECT_FALSE(Reference::Parse(Text(row))) << Text(row);
                    }),
            27u);
}

TEST_F(ReferenceVectors, DistributionRepositoryInfo) {
  const auto count = ForEach(Distribution("ParseRepositoryInfo"), [](const json::Value& row) {
    for (const char* name : {"FamiliarName", "FullName", "AmbiguousName"}) {
      const auto input = Text(row, name);
      if (input.empty()) continue;
      const auto reference = Reference::Parse(input);
      ASSERT_TRUE(reference) << input;
      // Difference: a host is lower case.
      EXPECT_EQ(reference->repository.host, Lower(Text(row, "Domain"))) << input;
      EXPECT_EQ(reference->repository.path, Text(row, "RemoteName")) << input;
    }
  });
  EXPECT_EQ(count, 20u);
}

TEST_F(ReferenceVectors, DistributionAnyReference) {
  EXPECT_EQ(ForEach(Distribution("ParseAnyReference"),
                    [](const json::Value& row) {
                      const auto input = Text(row, "Reference");
                      const auto expected = Text(row, "Equivalent");
                      const auto reference = Reference::Parse(input);
                      if (expected.starts_with("sha256:")) {
                        EXPECT_EQ(reference.error().code, kNoManifestDigest) << input;
                        return;
                      }
                      ASSERT_TRUE(reference) << input;
                      const bool named = input.find(':') != std::string::npos;
                      EXPECT_EQ(reference->Text(), named ? expected : expected + ":latest")
                          << input;
                    }),
            14u);
  // Difference: the digest wins, and the tag beside it is kept for people.
  EXPECT_EQ(ForEach(Distribution("ParseDockerRef"),
                    [](const json::Value& row) {
                      auto reference = Reference::Parse(Text(row, "input"));
                      ASSERT_TRUE(reference);
                      if (reference->digest) reference->tag.clear();
                      EXPECT_EQ(reference->Text(), Text(row, "expected"));
                    }),
            11u);
}

TEST_F(ReferenceVectors, DistributionRegularExpressions) {
  EXPECT_EQ(ForEach(Distribution("DomainRegexp"),
                    [](const json::Value& row) {
                      const auto input = Text(row, "input");
                      const bool ours = Repository::FromKey(Lower(input) + "/a").has_value() ||
                                        (input.ends_with(":443") && Reference::Parse(input + "/a"));
                      // Difference: a port has at most the value 65535.
                      const bool expected = *row["match"].Bool() && !PortIsTooLarge(input);
                      EXPECT_EQ(ours, expected) << input;
                    }),
            30u);
  EXPECT_EQ(ForEach(Distribution("FullNameRegexp"),
                    [](const json::Value& row) {
                      const auto input = Text(row, "input");
                      const auto reference = Reference::Parse(input);
                      // What follows a colon after the last slash is a tag for a reference, and no name.
                      const bool ours = reference && reference->tag == "latest";
                      // Difference: a regular expression has no limit, a name has: 255 characters.
                      if (input.size() > 255) return;
                      EXPECT_EQ(ours, *row["match"].Bool()) << input;
                      if (!ours || !row["subs"].IsArray()) return;
                      EXPECT_EQ(reference->repository.Key(),
                                KeyOfRaw(Text(row["subs"][0]), Text(row["subs"][1])));
                    }),
            63u);
  EXPECT_EQ(
      ForEach(Distribution("ReferenceRegexp"),
              [](const json::Value& row) {
                const auto input = Text(row, "input");
                const auto reference = Reference::Parse(input);
                ASSERT_EQ(reference.has_value(), *row["match"].Bool()) << input;
                if (!reference) return;
                EXPECT_EQ(reference->tag, Text(row["subs"][1])) << input;
                EXPECT_EQ(reference->digest ? reference->digest->text() : "", Text(row["subs"][2]))
                    << input;
              }),
      12u);
  EXPECT_EQ(ForEach(Distribution("IdentifierRegexp"),
                    [](const json::Value& row) {
                      const auto reference = Reference::Parse(Text(row, "input"));
                      const bool identifier =
                          !reference && reference.error().code == kNoManifestDigest;
                      // Difference: an ID with its algorithm is one too.
                      const bool expected =
                          *row["match"].Bool() || Text(row, "input").starts_with("sha256:");
                      EXPECT_EQ(identifier, expected && Text(row, "input").size() >= 64)
                          << Text(row, "input");
                    }),
            5u);
}

TEST_F(ReferenceVectors, GoContainerRegistryNames) {
  std::size_t rows = 0;
  for (const char* group : {"goodStrictValidationDigestNames", "goodStrictValidationTagDigestNames",
                            "goodWeakValidationDigestNames", "goodWeakValidationTagDigestNames"}) {
    rows += ForEach(Ggcr(group), [](const json::Value& row) {
      const auto reference = Reference::Parse(Text(row));
      ASSERT_TRUE(reference) << Text(row);
      EXPECT_TRUE(reference->digest) << Text(row);
    });
  }
  for (const char* group :
       {"goodStrictValidationTagNames", "goodWeakValidationTagNames",
        "goodStrictValidationRepositoryNames", "goodWeakValidationRepositoryNames"}) {
    rows += ForEach(Ggcr(group), [](const json::Value& row) {
      EXPECT_TRUE(Reference::Parse(Text(row))) << Text(row);
    });
  }
  for (const char* group : {"badDigestNames", "badTagNames", "badRepositoryNames"}) {
    rows += ForEach(Ggcr(group), [](const json::Value& row) {
      EXPECT_FALSE(Reference::Parse(Text(row))) << Text(row);
    });
  }
  for (const char* group : {"goodStrictValidationRegistryNames", "goodWeakValidationRegistryNames",
                            "badRegistryNames"}) {
    const bool good = std::string(group).starts_with("good");
    rows += ForEach(Ggcr(group), [&](const json::Value& row) {
      const auto host = Text(row);
      // Differences: Docker Hub is docker.io, not index.docker.io; no registry at all means Docker Hub.
      EXPECT_EQ(Reference::Parse(host.empty() ? "library/a" : host + "/a").has_value(), good)
          << host;
    });
  }
  EXPECT_EQ(rows, 58u);
}

TEST_F(ReferenceVectors, GoContainerRegistryDefaults) {
  // Difference: Docker Hub's one name is docker.io.
  EXPECT_EQ(Reference::Parse("ubuntu")->Text(), "docker.io/library/ubuntu:latest");
  const auto both = Ggcr("defaulting")["tag_and_digest"];
  const auto reference = Reference::Parse(Text(both, "in"));
  ASSERT_TRUE(reference);
  EXPECT_EQ(reference->repository.Key() + "@" + reference->digest->text(), Text(both, "name"));
  EXPECT_EQ(reference->digest->text(), Text(both, "identifier"));
  // Difference: nothing about a name chooses plain HTTP (RegistryScheme, IsRFC1918): only the configuration does. Every
  // one of those hosts that is one parses, and parses to itself.
  const auto hosts = ForEach(Ggcr("RegistryScheme"), [](const json::Value& row) {
    const auto host = Text(row, "domain");
    const auto parsed = Reference::Parse(host + "/team/app");
    if (host == "::1") {
      EXPECT_FALSE(parsed);  // an IPv6 literal needs its brackets
    } else {
      EXPECT_TRUE(parsed) << host;
    }
  });
  EXPECT_EQ(hosts + Ggcr("IsRFC1918").size(), 20u);
}

TEST_F(ReferenceVectors, GoDigest) {
  EXPECT_EQ(ForEach(Root()["go_digest_Parse"],
                    [](const json::Value& row) {
                      const auto input = Text(row, "Input");
                      // Difference: SHA-384 is refused; OCI registers SHA-256 and SHA-512.
                      const bool expected = !row["Err"].present() && !input.starts_with("sha384:");
                      EXPECT_EQ(Digest::Parse(input).has_value(), expected) << input;
                    }),
            17u);
}

// Not ours: FamiliarMatch (9) and the policy-controller's globs (42) match tags and familiar names. Repository patterns
// here match normalised keys only (places.h); each image of those rows still parses as its tool says.
TEST_F(ReferenceVectors, ImagesOfForeignGlobsParse) {
  std::size_t rows = ForEach(Distribution("FamiliarMatch"), [](const json::Value& row) {
    EXPECT_TRUE(Reference::Parse(Text(row, "reference")));
  });
  rows += ForEach(Root()["policy_controller_glob"], [](const json::Value& row) {
    EXPECT_EQ(Reference::Parse(Text(row, "image")).has_value(),
              Text(row, "image") != "invalid&name");
  });
  EXPECT_EQ(rows, 51u);
}

TEST_F(ReferenceVectors, EveryRowIsAccountedFor) {
  EXPECT_EQ(*Root()["total"].Int64(), 452);
  std::int64_t counted = 0;
  ForEach(Root()["counts"], [&](const json::Value& count) { counted += *count.Int64(); });
  // distribution 315, go-containerregistry 58 + 20, go-digest 17, globs 42.
  EXPECT_EQ(48 + 7 + 6 + 9 + 8 + 11 + 35 + 27 + 20 + 14 + 11 + 30 + 63 + 12 + 5 + 9, 315);
  EXPECT_EQ(315 + 58 + 20 + 17 + 42, 452);
  EXPECT_EQ(counted, 452);
}

}  // namespace
}  // namespace plimsoll::oci
