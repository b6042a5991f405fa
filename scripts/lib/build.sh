# shellcheck shell=bash
# Building with the presets of CMakePresets.json.

# What ccache keeps serves every checkout on the machine, whatever its folder.
export CCACHE_BASEDIR=$PLIMSOLL_ROOT CCACHE_NOHASHDIR=1

# build_folders PRESET FOLDER...   builds what the folders' lists define, and nothing else
build_folders() {
  local preset=$1 folder targets=()
  shift
  headline "Building $preset: $*"
  quietly "configuring" "build/log/$preset-configure.log" cmake --preset "$preset" || exit 1
  for folder in "$@"; do
    # A folder without a list of its own has nothing to build.
    [ ! -f "$folder/CMakeLists.txt" ] || targets+=("$folder/all")
  done
  quietly "compiling" "build/log/$preset-build.log" cmake --build "build/$preset" --target "${targets[@]}" || exit 1
}
