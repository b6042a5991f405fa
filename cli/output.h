// How results are printed: the same for every command.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "config/flags.h"
#include "json/json.h"
#include "json/writer.h"

namespace plimsoll::cli {

// -o, --output text|wide|json|yaml; the target's value is the default.
void DeclareOutput(config::FlagSet& set, std::string* output);
inline bool IsStructured(std::string_view output) { return output == "json" || output == "yaml"; }

enum class Colour { kNone, kGreen, kRed, kYellow };

// Green for what holds, red for what does not, yellow for what is not known.
Colour ColourOf(int exit_code);
// The text in that colour on a terminal (and without NO_COLOR), else the text.
std::string Coloured(const Invocation& invocation, const std::string& text, Colour colour);

// Prints JSON text as it is ("json") or as YAML ("yaml"), with a line end.
void PrintStructured(std::ostream& out, const std::string& json_text, std::string_view format);
// Rows with columns as wide as their widest cell, three spaces apart, no space at a line's end. The first row is
// the head.
std::string Columns(const std::vector<std::vector<std::string>>& rows);

// The value as a YAML document, block style, strings quoted where YAML would read them otherwise.
std::string ToYaml(const json::Value& value);

}  // namespace plimsoll::cli
