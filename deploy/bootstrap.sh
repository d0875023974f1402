# Shared by ./run and ./check: finds or installs uv, and syncs desk's environment.
# POSIX sh; sourced with the repository's root as the working directory.

UV_VERSION=0.13.9

fail() {
    printf '\nCould not start. %s\nWhat to do: %s\n' "$1" "$2" >&2
    exit 1
}

# Python 3.10 may be one of pyenv's; nothing is added where there is no pyenv.
add_pyenv_versions() {
    for folder in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin; do
        if [ -d "$folder" ]; then
            PATH="$PATH:$folder"
        fi
    done
    export PATH
}

find_python() {
    for name in python3.13 python3.12 python3.11 python3 python; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            PYTHON=$name
            return
        fi
    done
    fail "Python 3.11 or newer was not found." "Install it (on Debian: apt install python3)."
}

# Sets UV and exports JINJIBU_UV: uv of the PATH, else one in .tools, installed from PyPI.
find_uv() {
    add_pyenv_versions
    if command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1; then
        UV=uv
    elif [ -x .tools/bin/uv ]; then
        UV=.tools/bin/uv
    else
        install_uv
    fi
    JINJIBU_UV=$(command -v "$UV")
    case "$JINJIBU_UV" in
        /*) ;;
        *) JINJIBU_UV="$PWD/$JINJIBU_UV" ;;
    esac
    export JINJIBU_UV
}

install_uv() {
    find_python
    echo "Installing uv $UV_VERSION into .tools ..."
    if ! "$PYTHON" -m pip --version >/dev/null 2>&1; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            apt-get update -qq && apt-get install -y -qq python3-pip >/dev/null || true
            PYTHON=python3
        fi
    fi
    "$PYTHON" -m pip --version >/dev/null 2>&1 ||
        fail "uv is missing, and so is pip to install it." \
            "Install uv (https://docs.astral.sh/uv) or pip (on Debian: apt install python3-pip)."
    "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-warn-script-location \
        --target .tools "uv==$UV_VERSION" ||
        fail "uv could not be installed from PyPI." "Check the network connection and the disk."
    UV=.tools/bin/uv
}

# Brings desk's environment in step with uv.lock. Arguments go to 'uv sync'.
sync_desk() {
    mkdir -p var || fail "The folder $PWD cannot be written." \
        "Free some space, or give this user the right to write there."
    if ! "$UV" sync --locked --quiet --compile-bytecode "$@" 2>var/uv-sync.log; then
        cat var/uv-sync.log >&2
        if grep -q "No space left" var/uv-sync.log; then
            fail "The disk is full." "Free at least 3 GB and start again."
        fi
        fail "Installing the packages failed (see above)." \
            "Check the network connection and start again; what was downloaded is kept."
    fi
}
