#include "api/advice.h"

namespace plimsoll::api {

using baseline::DriftKind;

std::string_view MeaningOf(DriftKind kind) {
  switch (kind) {
    case DriftKind::kSignatureInvalid:
      return "There is a signature, and a check refuses it. Either it was damaged on its way, or "
             "somebody put "
             "another image under a signature that is not for it.";
    case DriftKind::kSignatureStripped:
      return "The registry serves no signature, and the log proves that a trusted signer made one "
             "for this "
             "image. Somebody or something took it away.";
    case DriftKind::kSignerSubstituted:
      return "The registry serves somebody else's signature, and the log proves that a trusted "
             "signer signed "
             "this very image. Somebody replaced it.";
    case DriftKind::kSignatureNotLogged:
      return "The signature would be a trusted one, but it is in no log, where those before it "
             "were. A stolen "
             "identity looks like this, and so does a pipeline that stopped logging.";
    case DriftKind::kLogEntryMissing:
      return "The signature carries the log's promise, and the log holds something else at that "
             "place. Either "
             "the log lost it, or the promise is forged.";
    case DriftKind::kSignatureMissing:
      return "The image carries no signature, where images of this repository did. Either its "
             "pipeline did "
             "not sign it, or it did not come from that pipeline.";
    case DriftKind::kSignerChanged:
      return "Somebody else signed it. A moved release pipeline looks like this, and so does "
             "somebody who can "
             "push and has an identity of their own.";
    case DriftKind::kIssuerChanged:
      return "The same name, vouched for by another identity provider. Whoever controls that "
             "provider can "
             "claim any name.";
    case DriftKind::kRepositoryIdentityReused:
      return "The same name, but another source repository or owner by its number, or one that is "
             "known by "
             "number only now. A name that was given up and taken over looks like this.";
    case DriftKind::kSignerRenamed:
      return "The same source repository and owner by their numbers, under another name: a "
             "repository or a "
             "workflow was renamed.";
    case DriftKind::kSigningDowngrade:
      return "It is signed more weakly than the images before it, or by something that cannot be "
             "judged with "
             "this trust root.";
    case DriftKind::kSignedForOtherRepository:
      return "The signature is by a trusted signer, but made for another repository name. A copied "
             "or "
             "promoted image looks like this.";
    case DriftKind::kProvenanceChanged:
      return "The image was built from another source repository, or by another builder, than "
             "those before it.";
    case DriftKind::kUnjudged:
      return "It has been running for a while, and no definite answer could be had about it.";
  }
  return "";
}

std::string_view AdviceFor(DriftKind kind) {
  switch (kind) {
    case DriftKind::kSignatureInvalid:
      return "Look at the image with `plimsoll inspect -o wide`, ask who pushed it, and pull it "
             "again from its "
             "source. Stop what runs it unless there is an explanation.";
    case DriftKind::kSignatureStripped:
      return "Ask who deletes tags and referrers in this registry, clean-up jobs and mirrors "
             "included, and put "
             "the signature back (cosign copy). Then the drift resolves by itself.";
    case DriftKind::kSignerSubstituted:
    case DriftKind::kLogEntryMissing:
      return "Treat it as an incident: stop what runs it, keep the image and its signatures, and "
             "ask who can "
             "push to this repository.";
    case DriftKind::kSignatureNotLogged:
      return "Ask the signer whether the pipeline logs. If it does, somebody else used its "
             "identity.";
    case DriftKind::kSignatureMissing:
      return "Ask whoever releases it whether this build is theirs. If it is, have it signed: the "
             "drift "
             "resolves by itself. Accept it only if it is meant to stay unsigned.";
    case DriftKind::kSignerChanged:
    case DriftKind::kIssuerChanged:
      return "Ask whoever releases it whether the new signer is theirs, by a way that the new "
             "signer does not "
             "control. If it is, accept the signer; if not, stop what runs it.";
    case DriftKind::kRepositoryIdentityReused:
      return "Look at who owns the source repository now. If it is still yours, accept the signer; "
             "if not, "
             "stop what runs it and pin the old one.";
    case DriftKind::kSignerRenamed:
      return "If you know of the rename, accept the signer.";
    case DriftKind::kSigningDowngrade:
      return "Look at the image with `plimsoll inspect -o wide`: it says what cannot be judged, "
             "and why. Renew "
             "the trust root if that is the reason, else ask whoever releases it.";
    case DriftKind::kSignedForOtherRepository:
      return "If it is copied on purpose, configure the other name as an alias; else ask who "
             "pushed it.";
    case DriftKind::kProvenanceChanged:
      return "Ask whoever releases it whether source and builder are theirs. If they are, accept "
             "the image.";
    case DriftKind::kUnjudged:
      return "Look at the condition Observed: it says what the registry answers. `plimsoll auth "
             "check` tells "
             "whether a credential is missing.";
  }
  return "";
}

}  // namespace plimsoll::api
