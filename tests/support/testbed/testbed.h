// The test bed (scripts/testbed) as tests see it: real control plane, registries and Sigstore on
// loopback, started once for a whole ctest run by the fixture `testbed` (tests/integration).
//
// Tests run side by side against one bed, so a test touches only what is its own: the namespace and
// the repositories that it gets here carry its name and process id. Nothing is shared between two
// processes but the bed itself. A bed that is not up fails the test with the command that starts it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/result.h"

namespace plimsoll::testing {

class Testbed {
 public:
  // Reads what is up now. Errors: kNotFound when the bed is down, kMalformed.
  static Result<Testbed> Open();

  // A value of `scripts/testbed env`, e.g. "PLIMSOLL_TB_REKOR"; a test failure and "" when there is
  // none.
  std::string Get(const std::string& name) const;

  std::string kubeconfig() const { return Get("KUBECONFIG"); }
  std::string api_server() const { return Get("PLIMSOLL_TB_APISERVER"); }
  std::string registry() const { return Get("PLIMSOLL_TB_REGISTRY"); }  // without referrers API
  std::string referrers_registry() const { return Get("PLIMSOLL_TB_REFERRERS_REGISTRY"); }
  std::string trusted_root() const { return Get("PLIMSOLL_TB_TRUSTED_ROOT"); }
  std::string public_key() const { return Get("PLIMSOLL_TB_PUBLIC_KEY"); }
  std::string oidc() const { return Get("PLIMSOLL_TB_OIDC"); }
  std::string rekor() const { return Get("PLIMSOLL_TB_REKOR"); }
  std::string rekor2() const { return Get("PLIMSOLL_TB_REKOR2"); }

  // Runs `scripts/testbed words...` and returns its stdout, without the last line end. An error
  // carries what it printed. At most two minutes.
  Result<std::string> Run(const std::vector<std::string>& words,
                          const std::string& input = "") const;

 private:
  std::map<std::string, std::string> values_;
};

// A test with a namespace and repositories of its own.
class TestbedTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;  // deletes the namespace, where one was made

  const Testbed& bed() const { return *bed_; }

  // Made at the first call.
  const std::string& Namespace();

  // "HOST:PORT/<this test>/name": nobody else pushes there.
  std::string Repository(const std::string& name) const {
    return Repository(name, bed_->registry());
  }
  std::string Repository(const std::string& name, const std::string& registry) const;

  // As Testbed::Run; an error fails the test and gives "".
  std::string Run(const std::vector<std::string>& words, const std::string& input = "") const;

  // Pushes a new image to `reference` and returns REPOSITORY@DIGEST. Several platforms make an index.
  std::string Push(const std::string& reference,
                   const std::vector<std::string>& platforms = {}) const;

  // `scripts/testbed sign how... image`; for instance Sign({"--key", "--bundle"}, image).
  void Sign(std::vector<std::string> how, const std::string& image) const;

  // A Pod of this test's namespace that "runs" the image. An empty image_id is what containerd
  // reports for an image that was pulled by that name.
  void RunPod(const std::string& name, const std::string& image, const std::string& image_id = "");

 private:
  std::string unique_;  // of this test in this process, fit for a namespace and a repository
  std::string namespace_;
  Result<Testbed> bed_ = Fail(kNotFound, "not opened");
};

}  // namespace plimsoll::testing
