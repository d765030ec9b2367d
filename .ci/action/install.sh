#!/usr/bin/env bash
# Puts nightproof on PATH. INSTALL: cargo, pip or none; VERSION: of the wheel; ACTION: the folder of this action.
set -euo pipefail

case $INSTALL in
  cargo) cargo install --locked --path "$ACTION/harness/cli" --root "$RUNNER_TEMP/nightproof" ;;
  pip)
    python3 -m venv "$RUNNER_TEMP/nightproof"
    "$RUNNER_TEMP/nightproof/bin/pip" install --quiet "nightproof${VERSION:+==$VERSION}"
    ;;
  none) ;;
  *)
    echo "::error::\`install\` is cargo, pip or none, not \`$INSTALL\`"
    exit 2
    ;;
esac
[ "$INSTALL" = none ] || echo "$RUNNER_TEMP/nightproof/bin" >>"$GITHUB_PATH"
# Ubuntu 24.04 restricts user namespaces, which sandboxes are made of; without sudo the drill says what is lacking.
# https://ubuntu.com/blog/ubuntu-23-10-restricted-unprivileged-user-namespaces
restricts=/proc/sys/kernel/apparmor_restrict_unprivileged_userns
if [ -r "$restricts" ] && [ "$(cat "$restricts")" = 1 ]; then
  sudo -n sysctl --quiet kernel.apparmor_restrict_unprivileged_userns=0 || echo "::warning::user namespaces are restricted here"
fi
