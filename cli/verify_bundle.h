// plimsoll verify-bundle: one Sigstore bundle and one artifact, offline, by the protocol of the
// sigstore-conformance suite:
//
//   verify-bundle [--staging] --bundle FILE (--certificate-identity ID --certificate-oidc-issuer URL |
//     --key PEM) [--trusted-root FILE] [-o json] FILE_OR_DIGEST
//
// An argument that starts with "sha256:", has 64 hexadecimal digits and is no path on disk is a digest.
// Identity and issuer are compared byte by byte.
//
// Exit codes: 0 verified; 1 rejected, also when bundle, trusted root or key cannot be parsed; 2 usage, a
// file that cannot be read, and --staging without --trusted-root. It never answers anything else.
#pragma once

#include <ostream>
#include <span>
#include <string_view>
#include <vector>

#include "config/flags.h"

namespace plimsoll::cli {

// Its flags, for help.
std::vector<config::FlagSet::Description> DescribeVerifyBundle();

// `args` without the program's and the command's name. The result goes to `out`, why it was rejected to
// `err` (with -o json to both).
int RunVerifyBundle(std::span<const std::string_view> args, std::ostream& out, std::ostream& err);

}  // namespace plimsoll::cli
