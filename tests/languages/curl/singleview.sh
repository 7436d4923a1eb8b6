# Needs bash, curl and jq. Secrets go through pipes, as others can see a command line.
set -euo pipefail

response=$(jq -n '{grantType: "client_credentials", clientId: env.SINGLEVIEW_SANDBOX_CLIENT_ID,
    clientCode: env.SINGLEVIEW_SANDBOX_CLIENT_CODE, merchantId: env.SINGLEVIEW_SANDBOX_MERCHANT_ID}' |
  curl -sS "$SINGLEVIEW_SANDBOX_BASE_URL/v1/api/observice/token" -H 'Content-Type: application/json' --data-binary @-)

if [ "$(jq .success <<<"$response")" != true ]; then # a rejection may be a 200
  echo "singleview: no token, code $(jq -r .errorCode <<<"$response")" >&2
  exit 1
fi
token=$(jq -r .payload.access_token <<<"$response")
lifetime=$(jq '.payload.expires_in | if . > 0 then . else 3600 end' <<<"$response")

# The emulator's echo API stands for the API that you want to use.
status=$(curl -sS -o /dev/null -w '%{http_code}' "$SINGLEVIEW_SANDBOX_BASE_URL/echo" -H @- <<<"Authorization: Bearer $token")
echo "singleview: a token for $lifetime s, the API responded with $status"
