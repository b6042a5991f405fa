#include "config/flags.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/printable.h"

namespace plimsoll::config {

struct FlagSet::Flag {
  Description description;
  bool repeats = false;
  // Checks the text and gives back what writes it to the target.
  std::function<Result<std::function<void()>>(const std::string& text)> take;
};

FlagSet::FlagSet(std::string usage, std::string summary)
    : usage_(std::move(usage)), summary_(std::move(summary)) {}

void FlagSet::Add(Flag flag) { flags_.push_back(std::make_shared<const Flag>(std::move(flag))); }

void FlagSet::String(std::string name, std::string* target, std::string placeholder,
                     std::string help, char short_name) {
  Flag flag;
  flag.description = {std::move(name), short_name, std::move(placeholder), *target,
                      std::move(help)};
  flag.take = [target](const std::string& text) -> Result<std::function<void()>> {
    if (text.empty()) return Fail(kInvalidArgument, "expected a value, found an empty text");
    return [target, text] { *target = text; };
  };
  Add(std::move(flag));
}

void FlagSet::Strings(std::string name, std::vector<std::string>* target, std::string placeholder,
                      std::string help, char short_name) {
  Flag flag;
  flag.description = {std::move(name), short_name, std::move(placeholder), "", std::move(help)};
  flag.repeats = true;
  flag.take = [target](const std::string& text) -> Result<std::function<void()>> {
    if (text.empty()) return Fail(kInvalidArgument, "expected a value, found an empty text");
    return [target, text] { target->push_back(text); };
  };
  Add(std::move(flag));
}

void FlagSet::Bool(std::string name, bool* target, std::string help, char short_name) {
  Flag flag;
  flag.description = {std::move(name), short_name, "", *target ? "true" : "false", std::move(help)};
  flag.take = [target](const std::string& text) -> Result<std::function<void()>> {
    if (text != "true" && text != "false") {
      return Fail(kInvalidArgument, "expected true or false, found " + Printable(text, 64));
    }
    return [target, value = text == "true"] { *target = value; };
  };
  Add(std::move(flag));
}

void FlagSet::Int(std::string name, std::int64_t* target, std::int64_t least, std::int64_t most,
                  std::string placeholder, std::string help) {
  Flag flag;
  flag.description = {std::move(name), 0, std::move(placeholder), std::to_string(*target),
                      std::move(help)};
  flag.take = [=](const std::string& text) -> Result<std::function<void()>> {
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size() || value < least ||
        value > most) {
      return Fail(kInvalidArgument, "expected an integer from " + std::to_string(least) + " to " +
                                        std::to_string(most) + ", found " + Printable(text, 64));
    }
    return [target, value] { *target = value; };
  };
  Add(std::move(flag));
}

void FlagSet::Period(std::string name, Duration* target, std::string placeholder,
                     std::string help) {
  Flag flag;
  flag.description = {std::move(name), 0, std::move(placeholder), FormatDuration(*target),
                      std::move(help)};
  flag.take = [target](const std::string& text) -> Result<std::function<void()>> {
    const auto value = ParseDuration(text);
    if (!value) {
      return Fail(kInvalidArgument,
                  "expected a duration such as 90s, 5m or 1h30m, found " + Printable(text, 64));
    }
    return [target, parsed = *value] { *target = parsed; };
  };
  Add(std::move(flag));
}

void FlagSet::OneOf(std::string name, std::string* target, std::vector<std::string> values,
                    std::string help, char short_name) {
  std::string placeholder;
  for (const auto& value : values) placeholder += (placeholder.empty() ? "" : "|") + value;
  Flag flag;
  flag.description = {std::move(name), short_name, placeholder, *target, std::move(help)};
  flag.take = [target, placeholder, values = std::move(values)](
                  const std::string& text) -> Result<std::function<void()>> {
    if (std::find(values.begin(), values.end(), text) == values.end()) {
      return Fail(kInvalidArgument, "expected " + placeholder + ", found " + Printable(text, 64));
    }
    return [target, text] { *target = text; };
  };
  Add(std::move(flag));
}

const FlagSet::Flag* FlagSet::Find(std::string_view name) const {
  for (const auto& flag : flags_) {
    if (flag->description.name == name) return flag.get();
    if (name.size() == 1 && flag->description.short_name == name[0]) return flag.get();
  }
  return nullptr;
}

namespace {

struct Spelled {
  std::string dashed;  // as given, for messages
  std::string name;
  std::string value;
  bool has_value = false;
};

// Splits "--name=value", "--name", "-x". Empty name: not a flag.
Spelled Spell(const std::string& argument) {
  Spelled spelled;
  if (argument.size() < 2 || argument[0] != '-') return spelled;
  const std::size_t dashes = argument[1] == '-' ? 2 : 1;
  const std::size_t equals = argument.find('=');
  spelled.has_value = equals != std::string::npos;
  spelled.dashed = argument.substr(0, equals);
  spelled.name = spelled.dashed.substr(dashes);
  if (dashes == 1 && spelled.name.size() != 1) spelled.name.insert(0, "-");  // "-config" is unknown
  if (dashes == 2 && spelled.name.size() == 1) spelled.name.insert(0, "--");
  if (spelled.has_value) spelled.value = argument.substr(equals + 1);
  return spelled;
}

}  // namespace

Result<FlagSet::Parsed> FlagSet::Parse(const std::vector<std::string>& arguments) const {
  Parsed parsed;
  std::vector<std::function<void()>> writes;
  std::map<const Flag*, bool> given;
  bool only_positional = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!only_positional && argument == "--") {
      only_positional = true;
      continue;
    }
    Spelled spelled = only_positional ? Spelled{} : Spell(argument);
    if (spelled.name.empty()) {
      parsed.positional.push_back(argument);
      continue;
    }
    const Flag* flag = Find(spelled.name);
    if (flag == nullptr && !spelled.has_value && (spelled.name == "help" || spelled.name == "h")) {
      parsed.help = true;
      continue;
    }
    if (flag == nullptr && !spelled.has_value && spelled.name == "version") {
      parsed.version = true;
      continue;
    }
    if (flag == nullptr) {
      return Fail(kInvalidArgument,
                  "unknown flag " + Printable(spelled.dashed, 64) + "; --help lists the flags");
    }
    if (std::exchange(given[flag], true) && !flag->repeats) {
      return Fail(kInvalidArgument, spelled.dashed + ": expected once, found again");
    }
    if (!spelled.has_value && flag->description.placeholder.empty()) {
      spelled.value = "true";
    } else if (!spelled.has_value) {
      if (i + 1 == arguments.size() || arguments[i + 1].starts_with("--")) {
        return Fail(kInvalidArgument, spelled.dashed + ": expected " +
                                          flag->description.placeholder + ", found nothing");
      }
      spelled.value = arguments[++i];
    }
    auto write = flag->take(spelled.value);
    if (!write) return Fail(kInvalidArgument, spelled.dashed + ": " + write.error().message);
    writes.push_back(std::move(*write));
  }
  for (const auto& write : writes) write();
  return parsed;
}

std::string FlagSet::Help() const {
  std::vector<std::pair<std::string, std::string>> rows;
  std::size_t width = 0;
  for (const auto& flag : flags_) {
    const Description& d = flag->description;
    std::string left = d.short_name != 0 ? std::string("  -") + d.short_name + ", --" : "      --";
    left += d.name;
    if (!d.placeholder.empty()) left += " " + d.placeholder;
    std::string right = d.help;
    const bool plain_switch = d.placeholder.empty() && d.fallback == "false";
    if (!d.fallback.empty() && !plain_switch) right += " (default " + d.fallback + ")";
    width = std::max(width, left.size());
    rows.emplace_back(std::move(left), std::move(right));
  }
  rows.emplace_back("  -h, --help", "Show this text");
  rows.emplace_back("      --version", "Show the version");
  width = std::max(width, std::string_view("      --version").size());
  std::string text = summary_ + "\n\nUsage:\n  " + usage_ + "\n\nFlags:\n";
  for (const auto& [left, right] : rows) {
    text += left + std::string(width - left.size() + 3, ' ') + right + "\n";
  }
  return text;
}

std::vector<FlagSet::Description> FlagSet::Describe() const {
  std::vector<Description> all;
  all.reserve(flags_.size());
  for (const auto& flag : flags_) all.push_back(flag->description);
  return all;
}

}  // namespace plimsoll::config
