# Needs bash, curl and jq. Secrets go through pipes, as others can see a command line.
set -euo pipefail

# Decentro needs a GET with a body.
response=$(jq -n '{grant_type: "client_credentials", client_id: env.DECENTRO_SANDBOX_CLIENT_ID,
    client_secret: env.DECENTRO_SANDBOX_CLIENT_SECRET}' |
  curl -sS -X GET "$DECENTRO_SANDBOX_BASE_URL/v2/auth/token" -H 'Content-Type: application/json' --data-binary @-)

token=$(jq -r '.access_token // empty' <<<"$response")
if [ -z "$token" ]; then
  echo "decentro: no token, code $(jq -r '.response_key // .responseKey // .responseCode' <<<"$response")" >&2
  exit 1
fi
lifetime=$(jq '.expires_in | if . > 0 then . else 900 end' <<<"$response")

# The emulator's echo API stands for the API that you want to use.
status=$(curl -sS -o /dev/null -w '%{http_code}' "$DECENTRO_SANDBOX_BASE_URL/echo" -H @- <<<"Authorization: Bearer $token")
echo "decentro: a token for $lifetime s, the API responded with $status"
