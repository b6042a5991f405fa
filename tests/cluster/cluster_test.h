// A test of the programs against the real control plane: resources installed, a configuration with seconds in place of
// hours, controllers with the rights of their account and no more.
//
// Nothing here polls: waiting is `kubectl wait`, and lines that a program logs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "json/json.h"
#include "support/testbed/program.h"
#include "support/testbed/testbed.h"

namespace plimsoll::testing {

class ClusterTest : public TestbedTest {
 protected:
  void SetUp() override;
  void TearDown() override;  // also deletes every SigningBaseline and SigningPolicy of the bed

  // Starts a controller and waits until it watches. `more` are further flags.
  std::unique_ptr<Program> StartController(const std::vector<std::string>& more = {});

  // The hosts that the programs may ask, by plain HTTP.
  virtual std::vector<std::string> Registries() const;

  std::string Kubectl(std::vector<std::string> words, const std::string& input = "") const;
  // Waits until .status.<field> of the repository's baseline is `value`.
  void WaitForStatus(const std::string& repository, const std::string& field,
                     const std::string& value) const;
  void WaitForBaseline(const std::string& repository) const;
  json::Document Baseline(const std::string& repository) const;
  std::string Status(const std::string& repository, const std::string& field) const;

  const std::string& config_file() const { return config_file_; }
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  std::string config_file_;
  std::string kubeconfig_;
};

}  // namespace plimsoll::testing
