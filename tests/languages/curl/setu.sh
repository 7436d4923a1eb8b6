# Needs bash, curl and jq. Secrets go through pipes, as others can see a command line.
set -euo pipefail

reply=$(jq -n '{clientID: env.SETU_SANDBOX_CLIENT_ID, secret: env.SETU_SANDBOX_SECRET}' |
  curl -sS "$SETU_SANDBOX_BASE_URL/auth/token" -H 'Content-Type: application/json' --data-binary @-)

token=$(jq -r '.data.token // empty' <<<"$reply")
if [ -z "$token" ]; then
  echo "setu: no token, code $(jq -r .error.code <<<"$reply")" >&2
  exit 1
fi
life=$(jq '.data.expiresIn | if . > 0 then . else 1800 end' <<<"$reply")

# The emulator's echo API stands for the API that you want.
status=$(curl -sS -o /dev/null -w '%{http_code}' "$SETU_SANDBOX_BASE_URL/echo" -H @- <<<"Authorization: Bearer $token")
echo "setu: a token for $life s, the API answered $status"
