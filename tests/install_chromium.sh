#!/bin/sh
# Debian's Chromium, Pango and a font with Chinese, for the tests of pages and letters. Run as root, or with sudo.
# Nothing is done if all are there. INTERLOCK_CHROMIUM names another Chromium instead.
set -eu
if [ -n "${INTERLOCK_CHROMIUM:-}" ]; then exit 0; fi
font() { find /usr/share/fonts -iname '*cjk*' 2>/dev/null | grep -q .; }
pango() { find /usr/lib -name 'libpangoft2-1.0.so.0' 2>/dev/null | grep -q .; }
if command -v chromium >/dev/null 2>&1 && font && pango; then exit 0; fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "No apt-get here: install Chromium and a font with Chinese, and set INTERLOCK_CHROMIUM to the program." >&2
    exit 1
fi
become=""
if [ "$(id -u)" != 0 ]; then become="sudo -n"; fi
export DEBIAN_FRONTEND=noninteractive
$become apt-get update -qq
$become apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk \
    libpango-1.0-0 libpangoft2-1.0-0 >/dev/null
