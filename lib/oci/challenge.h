// What a registry says in `WWW-Authenticate`, and scopes.
//
// RFC 9110 section 11 (challenges, several in one field or in several), distribution's token authentication
// specification. Tolerant where registries are loose (no space after a comma, unquoted URLs), never beyond the bounds:
// 16 KiB of fields, 8 challenges, 16 parameters each, 2 KiB a value. What cannot be read is left out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::oci {

struct Challenge {
  std::string scheme;                             // lower case
  std::map<std::string, std::string> parameters;  // names in lower case; the first of a name counts

  std::string Parameter(const std::string& name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string() : found->second;
  }
  friend bool operator==(const Challenge&, const Challenge&) = default;
};

std::vector<Challenge> ParseChallenges(const std::vector<std::string_view>& fields);

// "repository:<path>:pull".
std::string PullScope(const std::string& path);
// The scope that a challenge asks for, reduced to pulling: only `repository` scopes, only the action `pull`. Nothing
// when there is none.
std::optional<std::string> ReducedScope(std::string_view scope);

// The target of the first `rel="next"` link (RFC 8288). Nothing when there is none; a field of more than 16 KiB is
// not read.
std::optional<std::string> NextLink(const std::vector<std::string_view>& fields);

}  // namespace plimsoll::oci
