"""Writes the command blocks of the documentation that are marked as runnable (```sh run), one file each, in their order.

  commands.py FOLDER NAME=VALUE... PAGE...    prints "FILE PAGE:LINE" for each

NAME is what the page says (an example's repository, NAME), VALUE what this cluster has in its place.
"""
import pathlib
import re
import sys

# The array is zsh's own, where its completions lie.
PRELUDE = 'set -euo pipefail\nfpath=("" "$HOME")\n'

folder = pathlib.Path(sys.argv[1])
instead = [argument.split("=", 1) for argument in sys.argv[2:] if "=" in argument]
number = 0
for page in (argument for argument in sys.argv[2:] if "=" not in argument):
    lines = pathlib.Path(page).read_text().splitlines()
    for at, line in enumerate(lines):
        opening = re.fullmatch(r"( *)```sh run", line)
        if not opening:
            continue
        end = next(i for i in range(at + 1, len(lines)) if lines[i].strip() == "```")
        block = "\n".join(text.removeprefix(opening[1]) for text in lines[at + 1:end])
        for name, value in instead:
            block = re.sub(rf"(?<![\w./-]){re.escape(name)}(?![\w-])", lambda _: value, block)
        number += 1
        name = f"{number:03}.sh"
        (folder / name).write_text(PRELUDE + block + "\n")
        print(name, f"{page}:{at + 1}")
