# Needs bash, curl, envsubst and nginx. The key is in a file of its own, which nginx reads when it starts.
set -euo pipefail
umask 077
folder=$(mktemp -d)
trap 'nginx -s stop -p "$folder" -c nginx.conf -e stderr 2> /dev/null; rm -rf "$folder"' EXIT

export PROVIDER=$1 SOCKET=$folder/nginx.socket
printf 'proxy_set_header Authorization "Basic %s";\n' \
  "$(printf 'gatepass:%s' "$(cat "$GATEPASS_SERVICE_KEY_FILE")" | base64 -w 0)" >"$folder/key.conf"
envsubst '$PROVIDER $SOCKET $API_URL $GATEPASS_SERVICE_URL' <nginx.conf >"$folder/nginx.conf"
nginx -p "$folder" -c nginx.conf -e stderr # it listens when this returns
status=$(curl -sS -o /dev/null -w '%{http_code}' --unix-socket "$SOCKET" http://localhost/)
echo "$PROVIDER: $status"
[ "$status" = 200 ]
