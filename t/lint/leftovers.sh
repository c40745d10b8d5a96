#!/bin/sh

# Copyright (C) ngx_apigw contributors

# What must not be committed: marks of unfinished work, debugging, names of one
# machine, wrong modes, large files, scripts that do not parse.
#
#     leftovers.sh [--root DIR]
#
# Looks at what git tracks or would add; without git, at all files.  Patterns
# have a bracket somewhere, so that they do not find themselves.

set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)

if [ "${1:-}" = --root ]; then
    root=$(cd "$2" && pwd)
fi

cd "$root"

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

if [ -e .git ] && command -v git >/dev/null; then
    git ls-files -co --exclude-standard
else
    find . \( -name .git -o -name build -o -name node_modules \
              -o -name 'servroot*' \) -prune -o -type f -print | sed 's,^\./,,'
fi | sort | while read -r file; do
    if [ -f "$file" ] && [ ! -h "$file" ]; then
        echo "$file"
    fi
done > "$temp/files"

if [ ! -s "$temp/files" ]; then
    echo "leftovers: there are no files in $root"
    exit 1
fi


# rule, pattern of file names, pattern of file names that are let off, then
# grep's options and patterns

look() {
    rule=$1 names=$2 except=$3
    shift 3

    grep -E "$names" "$temp/files" | grep -Ev "$except" \
        | tr '\n' '\0' | xargs -0 -r grep -nIH "$@" 2>/dev/null \
        | cut -c 1-160 \
        | sed -E "s,^([^:]*:[0-9]+):,\\1: $rule: ," >> "$temp/out" || :
}


none='^$'
lock='(^|/)package-lock\.json$'
data='^t/(data|fuzz/corpus)/|\.(svg|csv|pem|map)$'

look only '\.t$' "$none" -E -e '^--- (O[N]LY|L[A]ST)\>'
look mark . "$lock|$data" -E -e '\<(F[I]XME|X[X]X|H[A]CK)\>' \
    -e '(^|[^$[:alnum:]_])T[O]DO([^:[:alnum:]_]|:[^ ]|: [^{]|:?$)'
look conflict . "$data" -E -e '^(<<<<<<[<]|>>>>>>[>]) '
look debug '^ngx_apigw_module/.*\.[ch]$' "$none" \
    -E -e '\<(f?printf|puts|putchar|perror|dd) ?[(]'
look debug '^t/.*\.(t|p[lm])$' "$none" \
    -E -e '^use (Data::Du[m]per|Devel::|DB)\>'
look debug '\.(mjs|js)$' "$none" -E -e '\<debu[g]ger;'

# names of the machine or workplace where this was written

look path . "$lock|^\.ci/" -E -e '\.\./share[d]\>'
look path . "$lock" -E -e '(^|[^[:alnum:]_.$}])/(wor[k]|roo[t])/' \
    -e '(^|[^[:alnum:]_])\.librar[y]\>' -e '/tmp/ng[x]/'
look host "$lock" "$none" \
    -E -e '"resolved": "(http:|https://([^r]|r[^e]|re[^g]))'

# hosts of the package registries that this machine is set up with

{
    env | grep -iE '^(npm_config_registry|pip_(extra_)?index_url|goproxy)='
    for file in "$HOME/.npmrc" /etc/npmrc "$HOME/.config/pip/pip.conf" \
                /etc/pip.conf /etc/apt/sources.list \
                /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/*
    do
        if [ -f "$file" ]; then
            grep -E '^(registry|(extra-)?index-url|URIs:|deb|Acquire.*Proxy)' \
                 "$file" || :
        fi
    done
} 2>/dev/null | grep -oE 'https?://[^/ ,;"]+' | sed -E 's,^.*//(.*@)?,,' \
    | grep -vE '(^|\.)(npmjs\.org|pypi\.org|golang\.org|debian\.org)(:|$)' \
    | grep -vE '^(localhost|127\.0\.0\.1|\[::1\])(:|$)' \
    | sort -u > "$temp/hosts" || :

if [ -s "$temp/hosts" ]; then
    look host . "$none" -F -f "$temp/hosts"
fi


# modes, sizes, syntax

while read -r file; do
    IFS= read -r first < "$file" 2>/dev/null || first=${first:-}

    case $first in
    '#!'*)
        case $file in
        *.t|*.pm)
            ;;
        *)
            if [ ! -x "$file" ]; then
                echo "$file:1: mode: \"#!\", but not executable"
            fi
        esac
        ;;
    *)
        if [ -x "$file" ]; then
            echo "$file:1: mode: executable without \"#!\""
        fi
    esac

    if [ "$(wc -c < "$file")" -gt 1048576 ]; then
        echo "$file:1: size: over 1 MB"
    fi

    shell=
    case $first in
    '#!'*bash*)
        shell=bash ;;
    '#!'*sh)
        shell=sh ;;
    *)
        case $file in
        config|*.sh)
            shell=sh
        esac
    esac

    if [ -n "$shell" ] && ! said=$($shell -n "$file" 2>&1); then
        echo "$file:1: syntax: $said"
    fi
done < "$temp/files" 2>/dev/null >> "$temp/out"

# perl files, two at a time; one that needs a module which is not here cannot
# be judged

perl_c='
    said=$(perl -It/lib -It/lint -c "$1" 2>&1 </dev/null) && exit 0
    case $said in
    *"in @INC"*|*"version "*" required"*) exit 0
    esac
    echo "$said" | head -n 3 | sed "s,^,$1:1: syntax: ,"
'

grep -E '\.(t|pl|pm)$' "$temp/files" | tr '\n' '\0' \
    | xargs -0 -r -n 1 -P 2 sh -c "$perl_c" sh >> "$temp/out"

if command -v node >/dev/null; then
    grep -E '\.mjs$' "$temp/files" | while read -r file; do
        node --check "$file" >/dev/null 2>"$temp/said" \
            || echo "$file:1: syntax: $(grep -m 1 Error "$temp/said")"
    done >> "$temp/out"
fi

count=$(wc -l < "$temp/files")

if [ -s "$temp/out" ]; then
    cat "$temp/out"
    echo "leftovers: $(wc -l < "$temp/out") complaints, $count files"
    exit 1
fi

echo "leftovers: ok, $count files"
