// What `plimsoll preview` says, from what was judged. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "baseline/admission.h"
#include "cli/explanation.h"
#include "cli/preview_images.h"
#include "json/writer.h"

namespace plimsoll::cli {

struct Previewed {
  PreviewImage image;
  std::string repository;  // empty: the string names none, and no node can pull it
  std::string digest;      // empty: not known
  baseline::AdmissionVerdict verdict;
  std::string text;                // what admission would say; empty when it would say nothing
  bool known_repository = false;   // it has a baseline
  bool never_judged = false;       // this cluster has not judged that digest yet
  bool credential_needed = false;  // the registry wants a credential that Plimsoll has not
  std::string unanswered;          // why the registry's answer is missing; empty when it is there
};

struct PreviewCounts {
  std::size_t refused = 0, warned = 0, admitted = 0;
};
PreviewCounts CountsOf(const std::vector<Previewed>& all);

// Repositories with a trusted signer that Plimsoll cannot read: once a namespace denies, their next image would be
// refused as CredentialNeeded. Ordered.
std::vector<std::string> CredentialNeededOf(const std::vector<Previewed>& all);

// `scope` is what was looked at: "namespace shop".
std::string PreviewText(const std::vector<Previewed>& all, const std::string& scope, bool wide,
                        const Paint& paint);
void PreviewJson(json::Writer& writer, const std::vector<Previewed>& all);

}  // namespace plimsoll::cli
