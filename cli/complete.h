// Shell completion. The shells call `plimsoll __complete WORD...`, so what is offered is decided here, from
// `Commands()`, and the scripts only pass it on. The answer has the form that kubectl expects of its plug-ins: one
// candidate a line with its description behind a tab, and last a line ":4" (no file names) or ":0" (file names).
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace plimsoll::cli {

// The command that the words begin with, and how many words that is; null: none.
const Command* CommandOf(const std::vector<std::string>& words, std::size_t* count);

struct Candidate {
  std::string text;
  std::string description;
};
struct Candidates {
  std::vector<Candidate> words;
  bool files = false;         // a file's name is expected
  bool repositories = false;  // a repository that has a baseline is expected
};
// `words` are those typed so far; the last one is being typed, and may be empty.
Candidates CandidatesFor(const std::vector<std::string>& words);

// Prints them; repositories are asked of the cluster, for a moment only.
int Complete(const Invocation& invocation, const std::vector<std::string>& words);

}  // namespace plimsoll::cli
