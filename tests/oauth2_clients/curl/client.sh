# Needs bash, curl and jq. Secrets go through pipes, as others can see a command line.
set -euo pipefail
provider=$1
issuer=$GATEPASS_SERVICE_URL/$provider/sandbox

client=$(printf 'user = "gatepass:%s"' "$(cat "$GATEPASS_SERVICE_KEY_FILE")")
response=$(curl -sS --config - -d grant_type=client_credentials "$issuer/token" <<<"$client")
token=$(jq -r '.access_token // empty' <<<"$response")
if [ -z "$token" ]; then
  echo "$provider: $(jq -r .error_description <<<"$response")" >&2
  exit 1
fi
status=$(curl -sS -o /dev/null -w '%{http_code}' "$API_URL" -H @- <<<"Authorization: Bearer $token")
if [ "$status" = 401 ]; then # the next token is another one
  curl -sS -o /dev/null --config - --data-urlencode token@<(printf %s "$token") "$issuer/revoke" <<<"$client"
fi
echo "$provider: $status"
