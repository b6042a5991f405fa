#include "support/testbed/testbed.h"

#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <sstream>

#include "base/subprocess.h"

namespace plimsoll::testing {
namespace {

constexpr std::chrono::minutes kPatience{2};
constexpr std::size_t kMaxOutput = 16 << 20;
constexpr std::size_t kMaxTestName = 40;  // a namespace has 63 characters

std::string StateFolder() {
  const char* given = std::getenv("PLIMSOLL_TESTBED_STATE");
  return given != nullptr ? given : PLIMSOLL_TESTBED_STATE;
}

Result<std::string> RunScript(const std::vector<std::string>& words, const std::string& input) {
  SubprocessRequest request;
  request.argv = {PLIMSOLL_SOURCE_DIR "/scripts/testbed"};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.input = input;
  request.environment["PLIMSOLL_TESTBED_STATE"] = StateFolder();
  request.timeout = kPatience;
  request.max_output = kMaxOutput;
  auto done = RunSubprocess(request);
  if (!done) return Forward(done.error());
  if (done->exit_code != 0) {
    std::string command = "scripts/testbed";
    for (const std::string& word : words) command += " " + word;
    return Fail(kUnavailable, command + " answered " + std::to_string(done->exit_code) + ": " +
                                  done->error_output);
  }
  while (!done->output.empty() && done->output.back() == '\n') done->output.pop_back();
  return done->output;
}

std::string UniqueName() {
  const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string name;
  for (const char c : std::string(test->name()).substr(0, kMaxTestName)) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) name += static_cast<char>(std::tolower(byte));
  }
  return name + "-" + std::to_string(getpid());
}

}  // namespace

Result<Testbed> Testbed::Open() {
  auto printed = RunScript({"env"}, "");
  if (!printed) {
    return Fail(kNotFound, printed.error().message + "\nStart it with:  PLIMSOLL_TESTBED_STATE=" +
                               StateFolder() + " scripts/testbed up");
  }
  Testbed bed;
  std::istringstream lines(*printed);
  for (std::string line; std::getline(lines, line);) {
    // export NAME='value'
    const std::size_t name = line.find(' ');
    const std::size_t equals = line.find("='");
    if (name == std::string::npos || equals == std::string::npos || line.back() != '\'') {
      return Fail(kMalformed, "scripts/testbed env printed a line that is no export: " + line);
    }
    const std::size_t value = equals + 2;
    bed.values_[line.substr(name + 1, equals - name - 1)] =
        line.substr(value, line.size() - 1 - value);
  }
  return bed;
}

std::string Testbed::Get(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    ADD_FAILURE() << "the test bed has no " << name << "; is the part that gives it up?";
    return "";
  }
  return found->second;
}

Result<std::string> Testbed::Run(const std::vector<std::string>& words,
                                 const std::string& input) const {
  return RunScript(words, input);
}

void TestbedTest::SetUp() {
  bed_ = Testbed::Open();
  ASSERT_TRUE(bed_) << bed_.error().message;
  unique_ = UniqueName();
}

void TestbedTest::TearDown() {
  if (!namespace_.empty()) Run({"kubectl", "delete", "namespace", namespace_, "--wait=false"});
}

const std::string& TestbedTest::Namespace() {
  if (namespace_.empty()) {
    namespace_ = unique_;
    Run({"kubectl", "create", "namespace", namespace_});
  }
  return namespace_;
}

std::string TestbedTest::Repository(const std::string& name, const std::string& registry) const {
  return registry + "/" + unique_ + "/" + name;
}

std::string TestbedTest::Run(const std::vector<std::string>& words,
                             const std::string& input) const {
  auto printed = bed_->Run(words, input);
  if (!printed) {
    ADD_FAILURE() << printed.error().message;
    return "";
  }
  return *printed;
}

std::string TestbedTest::Push(const std::string& reference,
                              const std::vector<std::string>& platforms) const {
  std::vector<std::string> words = {"push", reference};
  for (const std::string& platform : platforms) {
    words.insert(words.end(), {"--platform", platform});
  }
  return Run(words);
}

void TestbedTest::Sign(std::vector<std::string> how, const std::string& image) const {
  how.insert(how.begin(), "sign");
  how.push_back(image);
  Run(how);
}

void TestbedTest::RunPod(const std::string& name, const std::string& image,
                         const std::string& image_id) {
  std::vector<std::string> words = {"pod", Namespace(), name, image};
  if (!image_id.empty()) words.push_back(image_id);
  Run(words);
}

}  // namespace plimsoll::testing
