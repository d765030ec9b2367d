# What the profiles of all databases share. Bash; runs as root.
set -euo pipefail
export LC_ALL=C.UTF-8
. /etc/os-release

fail() { echo "$*" >&2; exit 1; }

# Installs packages as the platform does: those of Amazon Linux 2023, of others of its family, of Debian's family.
install_packages() {
  local amazon=$1 redhat=$2 debian=$3
  if command -v dnf >/dev/null || command -v yum >/dev/null; then
    [ "${VERSION_ID:-} ${ID:-}" = '2023 amzn' ] || amazon=$redhat
    # Each is a word.
    "$(command -v dnf || command -v yum)" install -y -q $amazon >&2
  else
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $debian >&2
  fi
}

# Waits until a command succeeds; says what was waited for if it does not.
until_ready() {
  local what=$1 left=300
  shift
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "$what does not answer"
    sleep 0.1
  done
}

# What a file is, by its first bytes.
form() {
  local magic
  magic=$(head -c 6 -- "$1" | od -An -tx1 | tr -d ' \n')
  case $magic in
    '') echo empty ;;
    1f8b*) echo gzip ;;
    fd377a585a00) echo xz ;;
    28b52ffd*) echo zstd ;;
    425a68*) echo bzip2 ;;
    04224d18*) echo lz4 ;;
    504b0304*) echo zip ;;
    5047444d50*) echo pg_custom ;;
    53514c697465) echo sqlite ;;
    5245444953*) echo rdb ;;
    *)
      if [ "$(head -c 262 -- "$1" | tail -c 5 | tr -d '\0')" != ustar ]; then
        echo text
      # PostgreSQL's own form of a tar begins with its table of contents.
      elif [ "$(tar -tf "$1" 2>/dev/null | head -n 1)" = toc.dat ]; then
        echo pg_tar
      else
        echo tar
      fi
      ;;
  esac
}

# Puts what is in a file, whatever it is packed in, into a folder.
unpack() {
  local file=$1 folder=$2 next=$2.next
  mkdir -p "$folder"
  case $(form "$file") in
    empty) fail "${file##*/} is empty" ;;
    gzip) gzip -dc -- "$file" >"$next" ;;
    xz) xz -dc -- "$file" >"$next" ;;
    zstd) zstd -dcq -- "$file" >"$next" ;;
    bzip2) bzip2 -dc -- "$file" >"$next" ;;
    lz4) lz4 -dcq -- "$file" >"$next" ;;
    tar)
      tar -xf "$file" -C "$folder"
      # PostgreSQL's own form of a folder stays one.
      [ -z "$(find "$folder" -name toc.dat -print -quit)" ] || return 0
      local member number=0
      while IFS= read -r -d '' member; do
        number=$((number + 1))
        unpack "$member" "$folder.$number"
        rm -f "$member"
        find "$folder.$number" -type f -exec mv -t "$folder" {} +
      done < <(find "$folder" -type f -print0 | sort -z)
      return 0
      ;;
    zip) fail "${file##*/} is a zip: give a restore script" ;;
    *) mv -- "$file" "$folder/${file##*/}"; return 0 ;;
  esac
  # Under its own name, without what it was packed in.
  local name=${file##*/}
  mkdir -p "$folder.in"
  mv "$next" "$folder.in/${name%.*}"
  unpack "$folder.in/${name%.*}" "$folder"
}

# Unpacks the night's objects, each into a folder of its own. Prints the files.
unpacked_objects() {
  local key number=0
  while IFS= read -r key; do
    number=$((number + 1))
    # Checksums and notes go with an archive, and are none.
    case $key in *.sha256 | *.md5 | *.sha1 | *.sha512 | *.json | *.txt | *.log | *.manifest | *.sig) continue ;; esac
    unpack "$NIGHTPROOF_OBJECTS/$key" "$PWD/unpacked/$number"
  done <<<"$NIGHTPROOF_KEYS"
  find "$PWD"/unpacked -type f ! -path '*.in/*' ! -name '*.next' | sort
}
