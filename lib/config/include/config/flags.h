// Command line flags of the three programs: `--name=value`, `--name value`, `--switch`, `--switch=false`.
//
// Strict: an unknown flag, a flag given twice, a missing or empty value, or a value of the wrong type is
// kInvalidArgument with a message for stderr (the program then exits 2). `--` ends the flags. A single dash
// flag is allowed where a short name is declared (`-o wide`, `-n NS`).
//
// Targets are owned by the caller and are written only when `Parse` succeeds as a whole.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"

namespace plimsoll::config {

class FlagSet {
 public:
  // `usage` is the line after "Usage:", `summary` one sentence.
  FlagSet(std::string usage, std::string summary);

  // `placeholder` is what help shows as the value (FILE, ADDRESS). `short_name` 0: none. The target's value at
  // the time of the call is the default that help shows.
  void String(std::string name, std::string* target, std::string placeholder, std::string help,
              char short_name = 0);
  void Strings(std::string name, std::vector<std::string>* target, std::string placeholder,
               std::string help, char short_name = 0);  // may be given many times
  void Bool(std::string name, bool* target, std::string help, char short_name = 0);
  void Int(std::string name, std::int64_t* target, std::int64_t least, std::int64_t most,
           std::string placeholder, std::string help);
  void Period(std::string name, Duration* target, std::string placeholder, std::string help);
  void OneOf(std::string name, std::string* target, std::vector<std::string> values,
             std::string help, char short_name = 0);

  struct Parsed {
    std::vector<std::string> positional;
    bool help = false;     // --help or -h was given: print Help() and exit 0
    bool version = false;  // --version was given
  };
  // `arguments` without the program's name. Positional arguments may stand between flags.
  Result<Parsed> Parse(const std::vector<std::string>& arguments) const;

  std::string Help() const;

  struct Description {
    std::string name;
    char short_name;
    std::string placeholder;  // empty: a switch
    std::string fallback;     // the default as help shows it
    std::string help;
  };
  // For generated documentation, in order of declaration.
  std::vector<Description> Describe() const;

 private:
  struct Flag;
  void Add(Flag flag);
  const Flag* Find(std::string_view name) const;

  std::string usage_;
  std::string summary_;
  std::vector<std::shared_ptr<const Flag>> flags_;
};

// The flags that have the same name everywhere.
struct CommonFlags {
  std::string config_file;
  std::string kubeconfig;  // empty: in-cluster
  std::string context;
  std::string namespace_name;  // empty: from the service account, else plimsoll-system
  std::string log_level = "info";
  std::string log_format = "json";
  std::string metrics_address = ":8080";
  std::string health_address = ":8081";

  // Valid after a successful Parse, which has checked both.
  LogLevel level() const;
  LogFormat format() const;
};
void AddCommonFlags(FlagSet& flags, CommonFlags* common);

struct ControllerFlags {
  CommonFlags common;
  bool leader_elect = true;
  bool dry_run = false;
  std::string serving_certificate_secret;  // empty: somebody else makes the webhook's certificate
};
FlagSet MakeControllerFlags(ControllerFlags* flags);

struct WebhookFlags {
  CommonFlags common;
  std::string listen_address = ":10250";
  std::string tls_cert_file;
  std::string tls_private_key_file;
};
FlagSet MakeWebhookFlags(WebhookFlags* flags);

struct HostPort {
  std::string host;  // empty: every address
  std::uint16_t port = 0;
};
// ":8080", "127.0.0.1:0", "[::1]:8080", "localhost:8080". kInvalidArgument otherwise.
Result<HostPort> ParseHostPort(std::string_view text);

}  // namespace plimsoll::config
