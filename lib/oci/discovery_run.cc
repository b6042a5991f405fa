#include "discovery_run.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/printable.h"

namespace plimsoll::oci {
namespace {

constexpr std::size_t kMaxEtag = 256;

std::string ShortEtag(std::string etag) {
  return etag.size() <= kMaxEtag ? std::move(etag) : std::string();
}

// The statuses by which registries say that they have no referrers API.
bool SaysNoReferrersApi(int status) {
  return status == 404 || status == 400 || status == 405 || status == 406 || status == 410;
}

std::string DigestOfList(const std::vector<ChildManifest>& entries) {
  std::set<std::string> sorted;
  for (const auto& entry : entries) sorted.insert(entry.digest.text());
  std::string text;
  for (const auto& digest : sorted) text += digest + "\n";
  return Sha256Hex(AsBytes(text));
}

bool IsAbsence(const Failure& failure) { return failure.error.code == kDigestNotInRepository; }

}  // namespace

std::string_view StorageFormName(StorageForm form) {
  switch (form) {
    case StorageForm::kSignatureTag:
      return "SignatureTag";
    case StorageForm::kAttestationTag:
      return "AttestationTag";
    case StorageForm::kReferrer:
      return "Referrer";
    case StorageForm::kReferrerTag:
      return "ReferrerTag";
  }
  return "SignatureTag";
}

DiscoveryRun::DiscoveryRun(ClientCore& core, const DiscoveryRequest& request)
    : core_(core),
      request_(request),
      manifest_limits_{.max_bytes = core.options.limits.max_manifest_bytes,
                       .max_layers = core.options.limits.max_signatures,
                       .max_children = core.options.limits.max_children},
      call_(core.Call(request.access, result_.requests)),
      materials_(core.options.limits, result_) {
  result_.places = request.places;
  if (result_.places.empty()) result_.places.push_back({request.repository, PlaceRole::kImage});
}

bool DiscoveryRun::HoldsImages(PlaceRole role) {
  return role == PlaceRole::kImage || role == PlaceRole::kUpstream;
}

std::string DiscoveryRun::EntryName(std::size_t place, StorageForm form) const {
  return result_.places[place].repository.Key() + "#" + std::string(StorageFormName(form));
}

const Validator* DiscoveryRun::Previous(std::size_t place, StorageForm form) const {
  const auto found = request_.previous.entries.find(EntryName(place, form));
  return found == request_.previous.entries.end() ? nullptr : &found->second;
}

void DiscoveryRun::Remember(std::size_t place, StorageForm form, Validator validator) {
  validator.etag = ShortEtag(std::move(validator.etag));
  validators_.entries[EntryName(place, form)] = std::move(validator);
}

DiscoveryResult DiscoveryRun::Run() {
  if (!request_.previous.empty()) {
    const auto warm = CheckUnchanged();
    if (warm == Warm::kUnchanged) {
      result_.unchanged = true;
      result_.validators = request_.previous;
    }
    if (warm != Warm::kChanged) return std::move(result_);
    result_.control = Control::kUnknown;
    result_.control_place = std::nullopt;
    image_absent_ = 0;
  }
  for (std::size_t place = 0; place < result_.places.size(); ++place) {
    seen_.clear();
    ReadPlace(place);
  }
  SettleControl();
  if (result_.Complete()) result_.validators = std::move(validators_);
  return std::move(result_);
}

void DiscoveryRun::SettleControl() {
  if (result_.control == Control::kPresent) return;
  const auto& places = result_.places;
  image_places_ = static_cast<std::size_t>(std::count_if(
      places.begin(), places.end(), [](const Place& place) { return HoldsImages(place.role); }));
  if (image_absent_ == image_places_) result_.control = Control::kMissing;
}

// ---- Re-check ------------------------------------------------------------------------------------------------------

DiscoveryRun::Warm DiscoveryRun::Missing(const Failure& failure) {
  // A registry without a usable HEAD is asked in full.
  const bool no_head = failure.error.code == kAnswerRefused && failure.http_status != 0;
  if (failure.IsFact() || IsAbsence(failure) || no_head) return Warm::kChanged;
  result_.unknown = failure;
  return Warm::kNoAnswer;
}

DiscoveryRun::Warm DiscoveryRun::CheckUnchanged() {
  for (std::size_t place = 0; place < result_.places.size(); ++place) {
    const auto warm = CheckPlace(place);
    if (warm != Warm::kUnchanged) return warm;
  }
  return result_.control == Control::kPresent ? Warm::kUnchanged : Warm::kChanged;
}

DiscoveryRun::Warm DiscoveryRun::CheckPlace(std::size_t place) {
  const auto& where = result_.places[place];
  const bool own = where.role == PlaceRole::kImage;
  auto choice = core_.Choose(where.repository, request_.access, own, call_, [&](Session& session) {
    if (!HoldsImages(where.role)) return ProbeRepository(session);
    const auto head = HeadManifest(session, request_.digest.text());
    if (!head) return std::optional<Failure>(head.error());
    if (head->digest && *head->digest != request_.digest) {
      return std::optional<Failure>(MakeFailure(
          kAnswerRefused,
          where.repository.Key() + " answers " + request_.digest.text() + " with another digest",
          true, 200));
    }
    if (result_.control != Control::kPresent) {
      result_.control = Control::kPresent;
      result_.control_place = place;
    }
    return std::optional<Failure>();
  });
  if (choice.failure) {
    const bool absent_upstream =
        choice.session && IsAbsence(*choice.failure) && where.role == PlaceRole::kUpstream;
    if (!absent_upstream) return Missing(*choice.failure);
  }
  if (own) result_.credential = choice.session->credential().kind();
  return CheckForms(*choice.session, place);
}

DiscoveryRun::Warm DiscoveryRun::CheckForms(Session& session, std::size_t place) {
  const auto check = [&](StorageForm form, const std::optional<std::string>& tag) {
    return tag ? CheckTag(session, place, form, *tag) : Warm::kUnchanged;
  };
  auto warm = check(StorageForm::kSignatureTag, request_.digest.CosignTag(".sig"));
  if (warm == Warm::kUnchanged)
    warm = check(StorageForm::kAttestationTag, request_.digest.CosignTag(".att"));
  if (warm == Warm::kUnchanged) warm = CheckReferrers(session, place);
  if (warm == Warm::kUnchanged)
    warm = check(StorageForm::kReferrerTag, request_.digest.ReferrersTag());
  return warm;
}

DiscoveryRun::Warm DiscoveryRun::CheckTag(Session& session, std::size_t place, StorageForm form,
                                          const std::string& tag) {
  const auto* previous = Previous(place, form);
  if (previous == nullptr) return Warm::kChanged;
  const auto head = HeadManifest(session, tag);
  if (!head && IsAbsence(head.error()))
    return previous->present ? Warm::kChanged : Warm::kUnchanged;
  if (head && head->digest) {
    return previous->present && head->digest->text() == previous->digest ? Warm::kUnchanged
                                                                         : Warm::kChanged;
  }
  if (!head) return Missing(head.error());
  if (!previous->present) return Warm::kChanged;
  // A HEAD that names no digest.
  const auto same = SameManifest(session, tag, previous->etag, previous->digest, manifest_limits_);
  if (!same) return Missing(same.error());
  return *same ? Warm::kUnchanged : Warm::kChanged;
}

DiscoveryRun::Warm DiscoveryRun::CheckReferrers(Session& session, std::size_t place) {
  const auto* previous = Previous(place, StorageForm::kReferrer);
  if (previous == nullptr) return Warm::kChanged;
  const auto listing = ListReferrers(session);
  if (!listing) return Missing(listing.error());
  const bool same = listing->present == previous->present && listing->digest == previous->digest;
  return same ? Warm::kUnchanged : Warm::kChanged;
}

// ---- Complete reading ----------------------------------------------------------------------------------------------

ClientCore::Choice DiscoveryRun::OpenPlace(std::size_t place) {
  const auto& where = result_.places[place];
  return core_.Choose(where.repository, request_.access, where.role == PlaceRole::kImage, call_,
                      [&](Session& session) {
                        return HoldsImages(where.role) ? ReadImage(session, place)
                                                       : ProbeRepository(session);
                      });
}

void DiscoveryRun::ReadPlace(std::size_t place) {
  auto choice = OpenPlace(place);
  const MaterialSource source{StorageForm::kSignatureTag, place};
  const auto role = result_.places[place].role;
  if (!choice.session) {
    materials_.Note(*choice.failure, source, "");
    return;
  }
  if (role == PlaceRole::kImage) result_.credential = choice.session->credential().kind();
  if (choice.failure && HoldsImages(role)) ++image_absent_;
  ReadForms(*choice.session, place);
  // A repository that holds signatures only shows by its list of tags that it can be read: what it does not have is not
  // absent before that.
  if (choice.failure && !HoldsImages(role) && !result_.unknown) result_.unknown = choice.failure;
}

// The control: the image's own manifest.
std::optional<Failure> DiscoveryRun::ReadImage(Session& session, std::size_t place) {
  auto fetched = GetManifest(session, request_.digest.text(), manifest_limits_);
  if (!fetched && !fetched.error().IsFact()) return fetched.error();
  if (result_.control != Control::kPresent) {
    result_.control = Control::kPresent;
    result_.control_place = place;
  }
  if (result_.manifest) return std::nullopt;
  if (!fetched) {
    materials_.AddFact(fetched.error().error.code,
                       "the image's own manifest: " + fetched.error().error.message, std::nullopt,
                       place, request_.digest.text());
  } else if (!fetched->manifest) {
    materials_.AddFact(fetched->manifest.error().code, fetched->manifest.error().message,
                       std::nullopt, place, request_.digest.text());
  } else {
    if (fetched->manifest->more_children) {
      materials_.AddFact(kLimitExceeded,
                         "the index lists more than " +
                             std::to_string(manifest_limits_.max_children) + " manifests",
                         std::nullopt, place, request_.digest.text());
    }
    result_.manifest = std::move(fetched->manifest->info);
  }
  return std::nullopt;
}

void DiscoveryRun::ReadForms(Session& session, std::size_t place) {
  const auto signature_tag = request_.digest.CosignTag(".sig");
  const auto attestation_tag = request_.digest.CosignTag(".att");
  const bool answered =
      (!signature_tag || ReadTag(session, place, StorageForm::kSignatureTag, *signature_tag)) &&
      (!attestation_tag ||
       ReadTag(session, place, StorageForm::kAttestationTag, *attestation_tag)) &&
      ReadReferrersApi(session, place) && ReadReferrersTag(session, place);
  static_cast<void>(answered);  // why it was not is in the result
}

Answer<std::optional<FetchedManifest>> DiscoveryRun::GetIfThere(Session& session,
                                                                const std::string& tag) {
  const std::optional<FetchedManifest> absent;
  if (session.endpoint().counts_manifest_gets) {
    // Most of these tags are not there, and a HEAD is not counted.
    const auto head = HeadManifest(session, tag);
    if (!head && IsAbsence(head.error())) return absent;
  }
  auto fetched = GetManifest(session, tag, manifest_limits_);
  if (fetched) return std::optional<FetchedManifest>(std::move(*fetched));
  if (IsAbsence(fetched.error())) return absent;
  return tl::make_unexpected(fetched.error());
}

bool DiscoveryRun::ReadTag(Session& session, std::size_t place, StorageForm form,
                           const std::string& tag) {
  const MaterialSource source{form, place};
  auto fetched = GetIfThere(session, tag);
  if (!fetched) return materials_.Note(fetched.error(), source, tag);
  if (!*fetched) {
    Remember(place, form, {});
    return true;
  }
  auto& found = **fetched;
  Remember(place, form, {true, found.etag, found.digest.text()});
  if (!found.manifest) {
    materials_.AddFact(found.manifest.error().code, found.manifest.error().message, form, place,
                       found.digest.text());
    return true;
  }
  if (!materials_.Spend(found.bytes, source)) return true;
  if (found.manifest->info.is_index || found.manifest->info.media_type == kOciArtifact) {
    materials_.AddFact(
        kMalformed,
        "a manifest of type " + found.manifest->info.media_type + " stands under " + tag, form,
        place, found.digest.text());
    return true;
  }
  return materials_.ReadLayers(session, *found.manifest, source);
}

std::optional<Failure> DiscoveryRun::AddPage(const http::Response& response, Listing& listing) {
  ManifestLimits limits = manifest_limits_;
  limits.max_children = core_.options.limits.max_referrers -
                        std::min(core_.options.limits.max_referrers, listing.entries.size());
  auto page =
      ParseManifest(response.body, kOciIndex, Digest::OfSha256(AsBytes(response.body)), limits);
  if (!page)
    return MakeFailure(page.error().code, "the list of referrers: " + page.error().message);
  auto& children = page->info.children;
  std::move(children.begin(), children.end(), std::back_inserter(listing.entries));
  listing.more = listing.more || page->more_children;
  return std::nullopt;
}

Answer<DiscoveryRun::Listing> DiscoveryRun::ListReferrers(Session& session) {
  const std::string path =
      "/v2/" + session.repository().path + "/referrers/" + request_.digest.text();
  Listing listing;
  std::set<std::string> asked;
  std::optional<std::string> target = path;
  while (target && !listing.more) {
    if (asked.size() >= core_.options.limits.max_referrer_pages || !asked.insert(*target).second) {
      listing.more = true;
      break;
    }
    Ask ask;
    ask.target = *target;
    ask.accept = {std::string(kOciIndex)};
    ask.max_body = manifest_limits_.max_bytes;
    auto response = session.Send(ask);
    if (!response) return tl::make_unexpected(response.error());
    if (SaysNoReferrersApi(response->status) && asked.size() == 1) return listing;
    if (response->status != 200) {
      return tl::make_unexpected(MakeFailure(kAnswerRefused,
                                             response->url.Authority() + " answered " +
                                                 std::to_string(response->status) +
                                                 " to a request for referrers",
                                             true, response->status));
    }
    listing.present = true;
    if (auto failure = AddPage(*response, listing)) return tl::make_unexpected(std::move(*failure));
    auto next = NextPage(*response, session.endpoint(), path);
    if (!next) return tl::make_unexpected(next.error());
    target = std::move(*next);
  }
  listing.digest = DigestOfList(listing.entries);
  return listing;
}

bool DiscoveryRun::ReadReferrersApi(Session& session, std::size_t place) {
  const MaterialSource source{StorageForm::kReferrer, place};
  auto listing = ListReferrers(session);
  if (!listing) return materials_.Note(listing.error(), source, request_.digest.text());
  Remember(place, StorageForm::kReferrer, {listing->present, "", listing->digest});
  return ReadEntries(session, *listing, source);
}

bool DiscoveryRun::ReadReferrersTag(Session& session, std::size_t place) {
  const MaterialSource source{StorageForm::kReferrerTag, place};
  const auto tag = request_.digest.ReferrersTag();
  auto fetched = GetIfThere(session, tag);
  if (!fetched) return materials_.Note(fetched.error(), source, tag);
  if (!*fetched) {
    Remember(place, StorageForm::kReferrerTag, {});
    return true;
  }
  auto& found = **fetched;
  Remember(place, StorageForm::kReferrerTag, {true, found.etag, found.digest.text()});
  if (!found.manifest || !found.manifest->info.is_index) {
    materials_.AddFact(
        found.manifest ? kMalformed : found.manifest.error().code,
        found.manifest ? "no index stands under " + tag : found.manifest.error().message,
        StorageForm::kReferrerTag, place, found.digest.text());
    return true;
  }
  Listing listing;
  listing.entries = std::move(found.manifest->info.children);
  listing.more = found.manifest->more_children;
  return ReadEntries(session, listing, source);
}

bool DiscoveryRun::ReadEntries(Session& session, const Listing& listing,
                               const MaterialSource& source) {
  const auto too_many = [&] {
    materials_.AddFact(kLimitExceeded,
                       "the image has more than " +
                           std::to_string(core_.options.limits.max_referrers) +
                           " referrers; the first ones count",
                       source.storage, source.place, request_.digest.text());
  };
  for (const auto& entry : listing.entries) {
    // What is no image manifest cannot carry a signature in a form that is known.
    const bool may_carry = entry.media_type.empty() || entry.media_type == kOciManifest ||
                           entry.media_type == kDockerManifest;
    if (!may_carry || !seen_.insert(entry.digest.text()).second) continue;
    if (core_.foreign.Contains(entry.digest)) continue;
    if (referrers_read_ >= core_.options.limits.max_referrers) {
      too_many();
      return true;
    }
    ++referrers_read_;
    if (!ReadEntry(session, entry.digest, source)) return false;
  }
  if (listing.more) too_many();
  return true;
}

bool DiscoveryRun::ReadEntry(Session& session, const Digest& digest, const MaterialSource& source) {
  auto fetched = GetManifest(session, digest.text(), manifest_limits_);
  // A list may outlive what it lists.
  if (!fetched && IsAbsence(fetched.error())) return true;
  if (!fetched) return materials_.Note(fetched.error(), source, digest.text());
  if (!materials_.Spend(fetched->bytes, source)) return true;
  if (!fetched->manifest) {
    materials_.AddFact(fetched->manifest.error().code, fetched->manifest.error().message,
                       source.storage, source.place, digest.text());
    return true;
  }
  if (MaterialReader::IsForeign(*fetched->manifest, source.storage)) core_.foreign.Add(digest);
  return materials_.ReadLayers(session, *fetched->manifest, source);
}

}  // namespace plimsoll::oci
