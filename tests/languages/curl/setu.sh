# Needs bash, curl and jq. Secrets go through pipes, as others can see a command line.
set -euo pipefail

response=$(jq -n '{clientID: env.SETU_SANDBOX_CLIENT_ID, secret: env.SETU_SANDBOX_SECRET}' |
  curl -sS "$SETU_SANDBOX_BASE_URL/auth/token" -H 'Content-Type: application/json' --data-binary @-)

token=$(jq -r '.data.token // empty' <<<"$response")
if [ -z "$token" ]; then
  echo "setu: no token, code $(jq -r .error.code <<<"$response")" >&2
  exit 1
fi
lifetime=$(jq '.data.expiresIn | if . > 0 then . else 1800 end' <<<"$response")

# The emulator's echo API stands for the API that you want to use.
status=$(curl -sS -o /dev/null -w '%{http_code}' "$SETU_SANDBOX_BASE_URL/echo" -H @- <<<"Authorization: Bearer $token")
echo "setu: a token for $lifetime s, the API responded with $status"
