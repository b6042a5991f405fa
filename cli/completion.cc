// plimsoll completion SHELL: a script that lets the shell ask `plimsoll __complete`.
#include <string_view>

#include "cli/commands.h"

namespace plimsoll::cli {
namespace {

// bash cuts words at ':' and '=', of which repositories and flags are full: the words are cut here again, and what
// bash holds for done is taken off the candidates.
constexpr std::string_view kBash = R"sh(# bash completion for plimsoll
_plimsoll() {
  local line directive current before words
  read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
  case ${COMP_LINE:0:COMP_POINT} in *' ') words+=("") ;; esac
  current=${words[${#words[@]} - 1]}
  before=${current%"${current##*[:=]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
    :*) directive=${line#:} ;;
    *)
      line=${line%%$'\t'*}
      COMPREPLY+=("${line#"$before"}")
      ;;
    esac
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  if [ "$directive" = 0 ] && [ ${#COMPREPLY[@]} -eq 0 ]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "${current##*=}")
  fi
}
complete -F _plimsoll plimsoll kubectl-plimsoll
)sh";

constexpr std::string_view kZsh = R"sh(#compdef plimsoll kubectl-plimsoll
_plimsoll() {
  local line directive
  local -a candidates
  while IFS= read -r line; do
    case $line in
    :*) directive=${line#:} ;;
    *) candidates+=("${${line//:/\\:}/$'\t'/:}") ;;
    esac
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  if [[ $directive = 0 ]]; then
    _files
  else
    _describe -V command candidates
  fi
}
if [ "$funcstack[1]" = _plimsoll ]; then
  _plimsoll "$@"
else
  compdef _plimsoll plimsoll kubectl-plimsoll
fi
)sh";

constexpr std::string_view kFish = R"sh(# fish completion for plimsoll
function __plimsoll_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l program $words[1]
    for line in ($program __complete $words[2..-1] 2>/dev/null)
        switch $line
            case ':0'
                __fish_complete_path (commandline -ct)
            case ':*'
            case '*'
                echo $line
        end
    end
end
complete -c plimsoll -f -a '(__plimsoll_complete)'
complete -c kubectl-plimsoll -f -a '(__plimsoll_complete)'
)sh";

struct CompletionFlags {};
void Declare(config::FlagSet&, CompletionFlags*) {}

int Run(const Invocation& invocation, const CompletionFlags&,
        const std::vector<std::string>& shells) {
  const std::string shell = shells.size() == 1 ? shells[0] : "";
  const std::string_view script = shell == "bash"   ? kBash
                                  : shell == "zsh"  ? kZsh
                                  : shell == "fish" ? kFish
                                                    : std::string_view();
  if (script.empty())
    return UsageError(invocation, {kInvalidArgument, "expected bash, zsh or fish", false});
  invocation.out << script;
  return kHolds;
}

}  // namespace

Command CompletionCommand() {
  Command command;
  command.name = "completion";
  command.summary = "print a completion script for bash, zsh or fish";
  command.arguments = {{"bash|zsh|fish", ArgumentKind::kOther, {"bash", "zsh", "fish"}}};
  command.description = {
      "Prints a script that completes commands, flags, drift kinds and the repositories of the "
      "cluster. For "
      "`kubectl plimsoll`, kubectl wants a program `kubectl_complete-plimsoll` on the PATH that "
      "runs "
      "`plimsoll __complete \"$@\"`."};
  command.examples = {{"In this bash, from now on",
                       "completion bash > ~/.local/share/bash-completion/completions/plimsoll"},
                      {"For fish", "completion fish > ~/.config/fish/completions/plimsoll.fish"}};
  command.holds = "printed";
  return Bind<CompletionFlags>(std::move(command), Declare, Run);
}

}  // namespace plimsoll::cli
