# Sourced by bin/alluxio and bin/test, which set $root and $fingerprint and define complete().
#
# make_environment [EXTRA] prints the folder of a complete environment, made now if need be. Only the search for a Python
# that is new enough happens here, because it must work where no such Python exists; the rest is tools/environment.py.

say() {
  printf 'alluxio: %s\n' "$*" >&2
}

# Sets $python to the first Python >= 3.11 that can make environments. A found one that cannot is remembered.
find_python() {
  python='' without_ensurepip='' versions=''
  if [ -n "$PYALLUXIO_PYTHON" ]; then
    if ! command -v "$PYALLUXIO_PYTHON" > /dev/null 2>&1; then
      say "PYALLUXIO_PYTHON=$PYALLUXIO_PYTHON is not there, or is not a program: name a Python 3.11 or newer."
      return 1
    fi
    candidates=$PYALLUXIO_PYTHON
  else
    candidates="python3.13 python3.12 python3.11 python3 python3.14 python"
  fi
  for candidate in $candidates; do
    try_python "$(command -v "$candidate" 2> /dev/null)" && return 0
  done
  if [ -z "$PYALLUXIO_PYTHON" ]; then
    for candidate in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3 /opt/python*/bin/python3 /usr/local/bin/python3.1[1-9]; do
      try_python "$candidate" && return 0
    done
  fi
  if [ -n "$without_ensurepip" ]; then
    say "$without_ensurepip cannot make environments, because its module ensurepip is missing:" \
      "run \"apt install python$(minor_of "$without_ensurepip")-venv\" (Debian, Ubuntu), or name another Python with PYALLUXIO_PYTHON."
  else
    say "Python 3.11 or newer is needed, found:${versions:- none}. Install one (Debian 12, Ubuntu 24.04:" \
      "\"apt install python3 python3-venv\"; elsewhere: https://www.python.org/downloads or pyenv), or name one with PYALLUXIO_PYTHON."
  fi
  return 1
}

minor_of() {
  "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'
}

try_python() {
  [ -x "$1" ] || return 1
  # One call tells version and ability; a shim of pyenv for a version that is not selected fails here.
  answer=$("$1" -c '
import sys
try:
    import ensurepip, venv
    able = "able"
except ImportError:
    able = "unable"
print("%d.%d.%d %s %s" % (sys.version_info[:3] + ("new" if sys.version_info >= (3, 11) else "old", able)))' 2> /dev/null) || return 1
  case $answer in
    *" new able") python=$1 ;;
    *" new unable") without_ensurepip=${without_ensurepip:-$1}; return 1 ;;
    *) versions="$versions $1 (${answer%% *})"; return 1 ;;
  esac
}

# Prints where the environment of a user goes who may not write into the clone.
environment_in_cache() {
  name=$(printf %s "$root" | cksum)
  printf %s "${XDG_CACHE_HOME:-$HOME/.cache}/pyalluxio/${name%% *}"
}

make_environment() {
  cached=$(environment_in_cache)
  if [ -z "$1" ] && complete "$cached"; then
    printf %s "$cached"
    return 0
  fi
  find_python || return 1
  "$python" "$root/tools/environment.py" "$root" "$cached" "$fingerprint" "$@"
}
