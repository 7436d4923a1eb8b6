# Needs bash, curl and jq. Secrets go through pipes, as others can see a command line.
set -euo pipefail

response=$(printf %s "$SAHAMATI_SANDBOX_SECRET" |
  curl -sS "$SAHAMATI_SANDBOX_BASE_URL/entity/token/generate" \
    --data-urlencode "id=$SAHAMATI_SANDBOX_ENTITY_ID" --data-urlencode secret@-)

token=$(jq -r '.accessToken // empty' <<<"$response")
if [ -z "$token" ]; then
  echo "sahamati: no token, code $(jq -r .errorCode <<<"$response")" >&2
  exit 1
fi
lifetime=$(jq '.expiresIn | if . > 0 then . else 86400 end' <<<"$response")

# The emulator's echo API stands for the API that you want to use.
status=$(curl -sS -o /dev/null -w '%{http_code}' "$SAHAMATI_SANDBOX_BASE_URL/echo" -H @- <<<"Authorization: Bearer $token")
echo "sahamati: a token for $lifetime s, the API responded with $status"
