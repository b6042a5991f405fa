// plimsoll verify-bundle as one of the commands; what it does is verify_bundle.cc's.
#include <algorithm>

#include "cli/commands.h"
#include "cli/verify_bundle.h"

namespace plimsoll::cli {
namespace {

int Run(const Invocation& invocation) {
  const std::vector<std::string>& words = invocation.arguments;
  const auto asks = [](const std::string& word) { return word == "--help" || word == "-h"; };
  if (std::any_of(words.begin(), words.end(), asks)) return PrintHelp(invocation);
  const std::vector<std::string_view> arguments(words.begin(), words.end());
  return RunVerifyBundle(arguments, invocation.out, invocation.err);
}

}  // namespace

Command VerifyBundleCommand() {
  Command command;
  command.name = "verify-bundle";
  command.summary = "verify a Sigstore bundle over a file or digest";
  command.arguments = {{"FILE_OR_DIGEST", ArgumentKind::kFile, {}}};
  command.description = {
      "Verifies one Sigstore bundle over one file or digest, offline, by the protocol of the "
      "sigstore-conformance "
      "suite. Identity and issuer are compared byte by byte."};
  command.examples = {
      {"A release of a project that signs without keys",
       "verify-bundle --bundle app.sigstore.json --certificate-identity release@acme.example "
       "--certificate-oidc-issuer https://accounts.example.com app.tar.gz"}};
  command.examples_assume = true;
  command.holds = "verified";
  command.does_not_hold = "rejected, also when the bundle cannot be parsed";
  command.flags = DescribeVerifyBundle();
  command.run = Run;
  return command;
}

}  // namespace plimsoll::cli
