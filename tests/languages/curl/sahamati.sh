# Needs bash, curl and jq. Secrets go through pipes, as others can see a command line.
set -euo pipefail

reply=$(printf %s "$SAHAMATI_SANDBOX_SECRET" |
  curl -sS "$SAHAMATI_SANDBOX_BASE_URL/entity/token/generate" \
    --data-urlencode "id=$SAHAMATI_SANDBOX_ENTITY_ID" --data-urlencode secret@-)

token=$(jq -r '.accessToken // empty' <<<"$reply")
if [ -z "$token" ]; then
  echo "sahamati: no token, code $(jq -r .errorCode <<<"$reply")" >&2
  exit 1
fi
life=$(jq '.expiresIn | if . > 0 then . else 86400 end' <<<"$reply")

# The emulator's echo API stands for the API that you want.
status=$(curl -sS -o /dev/null -w '%{http_code}' "$SAHAMATI_SANDBOX_BASE_URL/echo" -H @- <<<"Authorization: Bearer $token")
echo "sahamati: a token for $life s, the API answered $status"
