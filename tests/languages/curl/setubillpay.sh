# Needs bash, curl and jq. Secrets go through pipes, as others can see a command line.
set -euo pipefail

response=$(jq -n '{clientID: env.SETUBILLPAY_SANDBOX_CLIENT_ID, secret: env.SETUBILLPAY_SANDBOX_SECRET}' |
  curl -sS "$SETUBILLPAY_SANDBOX_BASE_URL/auth/token" -H 'Content-Type: application/json' --data-binary @-)

token=$(jq -r '.token // empty' <<<"$response")
if [ -z "$token" ]; then
  echo "setubillpay: no token, code $(jq -r .error.code <<<"$response")" >&2
  exit 1
fi
lifetime=$(jq '.expiresIn | if . > 0 then . else 600 end' <<<"$response")

# The emulator's echo API stands for the API that you want to use.
status=$(curl -sS -o /dev/null -w '%{http_code}' "$SETUBILLPAY_SANDBOX_BASE_URL/echo" \
  -H "X-PARTNER-ID: $SETUBILLPAY_SANDBOX_PARTNER_ID" -H @- <<<"Authorization: Bearer $token")
echo "setubillpay: a token for $lifetime s, the API responded with $status"
