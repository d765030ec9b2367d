SCRIPT = """
set -euo pipefail
archive=$(mktemp)
trap 'rm -f "$archive"' EXIT
tar -czf "$archive" -C /var/www/html .
aws s3 cp "$archive" "s3://$ARCHIVES/$(date +%Y%m%dT%H%M%S).tar.gz"
"""
