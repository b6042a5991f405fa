// How results are printed: the same for every command.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "json/json.h"
#include "json/writer.h"

namespace plimsoll::cli {

enum class Colour { kNone, kGreen, kRed, kYellow };

// Green for what holds, red for what does not, yellow for what is not known.
Colour ColourOf(int exit_code);
// The text in that colour on a terminal (and without NO_COLOR), else the text.
std::string Coloured(const Invocation& invocation, const std::string& text, Colour colour);

// Prints JSON text as it is ("json") or as YAML ("yaml"), with a line end.
void PrintStructured(std::ostream& out, const std::string& json_text, std::string_view format);
// The value as a YAML document, block style, strings quoted where YAML would read them otherwise.
std::string ToYaml(const json::Value& value);

}  // namespace plimsoll::cli
