# Needs bash, curl and jq. Secrets go through pipes, as others can see a command line.
set -euo pipefail

basic=$(printf %s "$SAHAMATILEGACY_SANDBOX_ENTITY_ID:$SAHAMATILEGACY_SANDBOX_SECRET" | base64 -w 0)
response=$(curl -sS "$SAHAMATILEGACY_SANDBOX_BASE_URL/auth/realms/sahamati/protocol/openid-connect/token" \
  -d grant_type=client_credentials -d scope=openid -H @- <<<"Authorization: Basic $basic")

token=$(jq -r '.access_token // empty' <<<"$response")
if [ -z "$token" ]; then
  echo "sahamatilegacy: no token, code $(jq -r .error <<<"$response")" >&2
  exit 1
fi
lifetime=$(jq '.expires_in | if . > 0 then . else 86400 end' <<<"$response")

# The emulator's echo API stands for the API that you want to use.
status=$(curl -sS -o /dev/null -w '%{http_code}' "$SAHAMATILEGACY_SANDBOX_BASE_URL/echo" -H @- <<<"Authorization: Bearer $token")
echo "sahamatilegacy: a token for $lifetime s, the API responded with $status"
