#include "explanations.h"

#include <array>

namespace plimsoll::differential {
namespace {

constexpr std::string_view kVerified = "Verified";
// What cosign says of a bundle that sigstore-go could not read.
constexpr std::string_view kNotRead = "--trusted-root only supported with --new-bundle-format";

constexpr std::array kExplanations = {
    // --- We accept.
    Explanation{
        kVerified, "unsupported entry type: *intoto.V001Entry", "",
        "sigstore-go does not read intoto/0.0.1; attestations of older clients are logged so"},
    Explanation{kVerified, kNotRead, "as dsse/0.0.2",
                "sigstore-go does not read dsse/0.0.2, which Rekor v2 wrote for some months"},
    Explanation{kVerified, kNotRead, "with Ed25519",
                "Rekor's own type takes Ed25519ph in a hashedrekord, not the pure form"},
    Explanation{kVerified, kNotRead, "an unknown member",
                "protobuf's reader in Go refuses unknown members; here they are not read"},
    Explanation{kVerified, "invalid signature when validating ASN.1", "key-based with P-",
                "cosign takes a given key with SHA-256 whatever its curve; here the curve's own "
                "hash counts too"},
    Explanation{kVerified, "signature on checkpoint did not verify", "a checkpoint with witnesses",
                "Rekor v1's client wants every line of a checkpoint to be by the log; C2SP says "
                "unknown ones are "
                "ignored"},
    Explanation{
        kVerified, "threshold not met for verified log entry integrated timestamps",
        "a proof without a promise, with a timestamp",
        "cosign looks at timestamps of a Rekor v1 bundle only with --use-signed-timestamps"},
    Explanation{kVerified, "transparency log certificate does not match", "client/",
                "npm's publish attestations are by a key; cosign must be given it, here the key of "
                "the verified log "
                "entry is the signer"},

    // --- We refuse.
    Explanation{
        "the inclusion proof is for a tree of", kVerified, "",
        "Rekor v1's client compares the checkpoint's root with the proof's, and not its size"},
    Explanation{"the log entry is said to be", kVerified, "",
                "sigstore-go does not compare kindVersion with the body of a Rekor v1 entry"},
    Explanation{"CheckpointInvalid", kVerified, "a checkpoint under another name",
                "Rekor v1's client takes the log's key under any name"},
    Explanation{"its extended key usage lacks", kVerified, "no extended key usage",
                "Go takes a certificate without extended key usage for one of every usage"},
    Explanation{"is an authority's, expected a leaf", kVerified, "",
                "Go does not ask whether a leaf is an authority"},
    Explanation{"invalid CA certificate", kVerified, "a leaf whose key may not sign",
                "Go does not ask for the key usage of a leaf"},
    Explanation{"the certificate names 2 identities", kVerified, "",
                "sigstore-go takes whichever name matches; a baseline needs one"},
    Explanation{"a bundle's chain must not hold a root certificate", kVerified, "",
                "sigstore-go takes a root in the chain; the bundle's specification forbids it"},
    Explanation{"the same timestamp twice", kVerified, "",
                "sigstore-go counts a repeated timestamp once; here a bundle that repeats itself "
                "is malformed"},
    Explanation{
        "more than 32 timestamps", kVerified, "client/",
        "cosign looks at timestamps of a Rekor v1 bundle only with --use-signed-timestamps"},
    Explanation{"is not to be believed at", kVerified, "a Rekor v2 log that",
                "sigstore-go does not compare a Rekor v2 log's window with the timestamps"},
};

}  // namespace

std::span<const Explanation> Explanations() { return kExplanations; }

}  // namespace plimsoll::differential
