#include "cli/help.h"

#include <algorithm>
#include <utility>

#include "base/version.h"

namespace plimsoll::cli {
namespace {

constexpr std::size_t kColumns = 96;

constexpr char kAbout[] =
    "Plimsoll tells who signs the images that a cluster runs, and what changed. Commands that read "
    "a cluster use "
    "your own kubeconfig and rights, as kubectl does.";

struct ExitCode {
  int code;
  const char* meaning;
};
constexpr ExitCode kExitCodes[] = {
    {kHolds, "what was asked holds"},
    {kDoesNotHold, "judged, and it does not hold"},
    {kUsage, "usage or configuration"},
    {kCouldNotJudge, "could not be judged: unknown, not found, API server unreachable"},
};

// The text in lines of at most kColumns, each after `margin`.
std::string Wrapped(const std::string& text, const std::string& margin) {
  std::string out;
  std::string line;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = text.find(' ', begin);
    if (end == std::string::npos) end = text.size();
    const std::string word = text.substr(begin, end - begin);
    if (!line.empty() && margin.size() + line.size() + 1 + word.size() > kColumns) {
      out += margin + line + "\n";
      line.clear();
    }
    if (!line.empty()) line += " ";
    line += word;
    begin = end + 1;
  }
  if (!line.empty()) out += margin + line + "\n";
  return out;
}

using Row = std::pair<std::string, std::string>;

// Two columns; a right side that is too long goes on in its own column.
std::string Table(const std::vector<Row>& rows) {
  std::size_t width = 0;
  for (const Row& row : rows) width = std::max(width, row.first.size());
  width = std::min<std::size_t>(width, 34);
  const std::string margin(width + 5, ' ');
  std::string out;
  for (const auto& [left, right] : rows) {
    std::string text = Wrapped(right, margin);
    if (left.size() <= width) {
      text.replace(0, std::min(text.size(), left.size() + 2), "  " + left);
      out += text.empty() ? "  " + left + "\n" : text;
    } else {
      out += "  " + left + "\n" + text;
    }
  }
  return out;
}

std::string FlagName(const config::FlagSet::Description& flag) {
  std::string text = flag.short_name != 0 ? std::string("-") + flag.short_name + ", " : "";
  text += "--" + flag.name;
  if (!flag.placeholder.empty()) text += " " + flag.placeholder;
  return text;
}

std::string FlagText(const config::FlagSet::Description& flag) {
  const bool plain_switch = flag.placeholder.empty() && flag.fallback == "false";
  if (flag.fallback.empty() || plain_switch) return flag.help;
  std::string text = flag.help;
  const bool stop = text.ends_with('.');
  if (stop) text.pop_back();
  return text + " (default " + flag.fallback + ")" + (stop ? "." : "");
}

std::vector<Row> ExitRows(const Command& command) {
  std::vector<Row> rows;
  if (!command.holds.empty()) rows.emplace_back("0", command.holds);
  if (!command.does_not_hold.empty()) rows.emplace_back("1", command.does_not_hold);
  rows.emplace_back("2", kExitCodes[kUsage].meaning);
  if (!command.could_not_judge.empty()) rows.emplace_back("3", command.could_not_judge);
  return rows;
}

std::string Capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// Text for man(7): what would be a request or an escape is none.
std::string Roff(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool line_begins = i == 0 || text[i - 1] == '\n';
    if (line_begins && (text[i] == '.' || text[i] == '\'')) out += "\\&";
    if (text[i] == '\\') {
      out += "\\e";
    } else if (text[i] == '-') {
      out += "\\-";
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string RoffRows(const std::vector<Row>& rows) {
  std::string out;
  for (const auto& [left, right] : rows)
    out += ".TP\n\\fB" + Roff(left) + "\\fR\n" + Roff(right) + "\n";
  return out;
}

std::string ManOf(const Command& command) {
  std::string out = ".SS plimsoll " + Roff(UsageLine(command)) + "\n";
  for (std::size_t i = 0; i < command.description.size(); ++i) {
    if (i > 0) out += ".PP\n";
    out += Roff(command.description[i]) + "\n";
  }
  std::vector<Row> flags;
  for (const auto& flag : command.flags) flags.emplace_back(FlagName(flag), FlagText(flag));
  out += RoffRows(flags);
  out += ".PP\nExit status:\n" + RoffRows(ExitRows(command));
  if (command.examples.empty()) return out;
  out += ".PP\nExamples:\n";
  for (const Example& example : command.examples) {
    out += ".PP\n" + Roff(example.comment) + ":\n.PP\n.EX\n" + Roff("plimsoll " + example.line) +
           "\n.EE\n";
  }
  return out;
}

}  // namespace

std::string UsageLine(const Command& command) {
  std::string line = command.name;
  for (const Argument& argument : command.arguments) line += " " + argument.name;
  return command.flags.empty() ? line : line + " [flags]";
}

std::string Overview(const std::string& program) {
  std::string text =
      Wrapped(kAbout, "") + "\nUsage:\n  " + program + " COMMAND [flags]\n\nCommands:\n";
  std::vector<Row> rows;
  for (const Command& command : Commands()) rows.emplace_back(command.name, command.summary);
  text += Table(rows) + "\nExit codes, of every command:\n";
  rows.clear();
  for (const ExitCode& exit : kExitCodes)
    rows.emplace_back(std::to_string(exit.code), exit.meaning);
  return text + Table(rows) + "\n`" + program + " COMMAND --help` says more about one.\n";
}

std::string Help(const std::string& program, const Command& command) {
  std::string text;
  for (const std::string& paragraph : command.description) text += Wrapped(paragraph, "") + "\n";
  text += "Usage:\n  " + program + " " + UsageLine(command) + "\n";
  if (!command.examples.empty()) {
    text += "\nExamples:\n";
    for (const Example& example : command.examples)
      text += Wrapped("# " + example.comment, "  ") + "  " + program + " " + example.line + "\n";
  }
  std::vector<Row> rows;
  for (const auto& flag : command.flags) rows.emplace_back(FlagName(flag), FlagText(flag));
  rows.emplace_back("-h, --help", "Show this text.");
  text += "\nFlags:\n" + Table(rows) + "\nExit codes:\n" + Table(ExitRows(command));
  return text;
}

std::string ManPage() {
  std::string out = ".TH PLIMSOLL 1 \"\" \"plimsoll " + std::string(Version()) +
                    "\" \"User Commands\"\n"
                    ".SH NAME\nplimsoll, kubectl\\-plimsoll \\- who signs the images that a "
                    "cluster runs, and what "
                    "changed\n"
                    ".SH SYNOPSIS\n.B plimsoll\n.I COMMAND\n[\\fIflags\\fR]\n.br\n.B kubectl "
                    "plimsoll\n.I COMMAND\n"
                    "[\\fIflags\\fR]\n.SH DESCRIPTION\n";
  out += Roff(kAbout) + "\n.SH COMMANDS\n";
  for (const Command& command : Commands()) out += ManOf(command);
  std::vector<Row> rows;
  for (const ExitCode& exit : kExitCodes)
    rows.emplace_back(std::to_string(exit.code), exit.meaning);
  out += ".SH EXIT STATUS\nOf several results 1 goes before 3.\n" + RoffRows(rows);
  out +=
      ".SH ENVIRONMENT\n" +
      RoffRows({{"KUBECONFIG",
                 "kubeconfig files, as kubectl reads them, where --kubeconfig is not given"},
                {"DOCKER_CONFIG", "folder of the docker config.json with your own registry logins"},
                {"HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "proxies to registries"},
                {"NO_COLOR", "when set, no colour on a terminal either"}});
  return out + ".SH SEE ALSO\n.BR kubectl (1)\n";
}

std::string Reference() {
  std::string out;
  for (const Command& command : Commands()) {
    out += "### " + command.name + "\n\n```\nplimsoll " + UsageLine(command) + "\n```\n\n";
    for (const std::string& paragraph : command.description) out += paragraph + "\n\n";
    if (!command.flags.empty()) {
      out += "| flag | meaning |\n|---|---|\n";
      for (const auto& flag : command.flags) {
        std::string name = FlagName(flag);
        for (std::size_t at = 0; (at = name.find('|', at)) != std::string::npos; at += 2)
          name.insert(at, "\\");
        out += "| `" + name + "` | " + FlagText(flag) + " |\n";
      }
      out += "\n";
    }
    out += "| exit code | meaning |\n|---|---|\n";
    for (const auto& [code, meaning] : ExitRows(command))
      out += "| " + code + " | " + Capital(meaning) + " |\n";
    out += "\n";
    if (command.examples.empty()) continue;
    out += command.examples_assume ? "```sh\n" : "```sh run\n";
    for (const Example& example : command.examples)
      out += "# " + example.comment + "\nplimsoll " + example.line + "\n";
    out += "```\n\n";
  }
  return out;
}

}  // namespace plimsoll::cli
