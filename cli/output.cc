#include "cli/output.h"

#include <algorithm>

namespace plimsoll::cli {
namespace {

// A plain scalar only when nothing in YAML 1.1 or 1.2 could read it as anything but this string.
bool IsPlain(std::string_view text) {
  if (text.empty() || text.size() > 200) return false;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!letter(text.front())) return false;
  const bool safe = std::all_of(text.begin(), text.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '/' ||
           c == '@' || c == '+';
  });
  if (!safe) return false;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const char* word : {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}) {
    if (lower == word) return false;
  }
  return true;
}

std::string Scalar(const json::Value& value) {
  if (const auto text = value.String())
    return IsPlain(*text) ? std::string(*text) : json::Quote(*text);
  json::Writer w;
  w.Copy(value);
  return std::move(w).Take();
}

bool IsBlock(const json::Value& value) {
  return (value.IsObject() || value.IsArray()) && value.size() > 0;
}

void Write(std::string& out, const json::Value& value, std::size_t indent);

// A value behind "key:" or "-": on the same line when it is a scalar or empty.
void WriteBehind(std::string& out, const json::Value& value, std::size_t indent) {
  if (!IsBlock(value)) {
    out += " " + Scalar(value) + "\n";
    return;
  }
  out += "\n";
  Write(out, value, indent);
}

void Write(std::string& out, const json::Value& value, std::size_t indent) {
  if (!IsBlock(value)) {
    out += Scalar(value) + "\n";
    return;
  }
  const std::string margin(indent, ' ');
  for (json::Value child = value.first(); !child.missing(); child = child.next()) {
    if (value.IsArray() && IsBlock(child) && child.IsObject()) {
      // "- " takes the place of the first member's margin.
      std::string block;
      Write(block, child, indent + 2);
      out += margin + "- " + block.substr(indent + 2);
    } else if (value.IsArray()) {
      out += margin + "-";
      WriteBehind(out, child, indent + 2);
    } else {
      out += margin +
             (IsPlain(child.name()) ? std::string(child.name()) : json::Quote(child.name())) + ":";
      WriteBehind(out, child, child.IsArray() ? indent : indent + 2);
    }
  }
}

}  // namespace

void DeclareOutput(config::FlagSet& set, std::string* output) {
  set.OneOf("output", output, {"text", "wide", "json", "yaml"}, "How results are printed.", 'o');
}

Colour ColourOf(int exit_code) {
  if (exit_code == kHolds) return Colour::kGreen;
  return exit_code == kDoesNotHold ? Colour::kRed : Colour::kYellow;
}

std::string Coloured(const Invocation& invocation, const std::string& text, Colour colour) {
  if (!invocation.terminal || colour == Colour::kNone ||
      invocation.environment.count("NO_COLOR") != 0)
    return text;
  const char* code = colour == Colour::kGreen ? "32" : colour == Colour::kRed ? "31" : "33";
  return std::string("\x1b[") + code + "m" + text + "\x1b[0m";
}

std::string Columns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] - row[i].size() + 3, ' ');
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string ToYaml(const json::Value& value) {
  std::string out;
  Write(out, value, 0);
  return out;
}

void PrintStructured(std::ostream& out, const std::string& json_text, std::string_view format) {
  if (format == "yaml") {
    json::Limits limits;
    limits.max_bytes = json_text.size() + 1;
    limits.max_values = json_text.size() + 1;
    if (const auto document = json::Document::Parse(json_text, limits)) {
      out << ToYaml(document->root());
      return;
    }
  }
  out << json_text << "\n";
}

}  // namespace plimsoll::cli
