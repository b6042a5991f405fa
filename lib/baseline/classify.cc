#include "baseline/classify.h"

#include "judge.h"
#include "take_in.h"
#include "trust.h"

namespace plimsoll::baseline {
namespace {

ImageRecord OnFirstSight(const std::string& digest, Time now) {
  ImageRecord image;
  image.digest = digest;
  image.first_observed_time = now;
  image.origin = Origin::kLater;
  return image;
}

}  // namespace

Verdict Classify(const Record& record, const EffectivePolicy& policy, const Settings& settings,
                 const Observation& observation, Time now) {
  now = WholeSeconds(now);
  const Trust trust(record, policy, settings);
  SignerBook book(record.signers);
  bool brief = false;
  ImageRecord image;
  if (const ImageRecord* stored = FindImage(record, observation.digest)) {
    image = *stored;
  } else if (const RememberedRecord* remembered = FindRemembered(record, observation.digest)) {
    image = FullRecord(*remembered);
    brief = true;
  } else {
    image = OnFirstSight(observation.digest, now);
  }
  if (ShownPosture(observation) != Posture::kUnknown) brief = false;
  image = TakeIn({record, trust, book, settings, now}, std::move(image), observation);
  return Judge({record, trust, book, settings, now}, image, brief);
}

}  // namespace plimsoll::baseline
