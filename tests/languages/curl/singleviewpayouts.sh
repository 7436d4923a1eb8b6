# Needs bash, curl and jq. Secrets go through pipes, as others can see a command line.
set -euo pipefail

company="CompanyId: $SINGLEVIEWPAYOUTS_SANDBOX_COMPANY_ID"
reference=$(od -An -N8 -tx1 /dev/urandom | tr -d ' ') # 16 letters and digits, new for each request
response=$(jq -n '{grant_type: "client_credentials", clientId: env.SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_ID,
    clientCode: env.SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_CODE}' |
  curl -sS "$SINGLEVIEWPAYOUTS_SANDBOX_BASE_URL/v1/api/svplatform/tokenOauth2" -H "$company" -H "SVReferenceID: $reference" \
    -H "DateTimeStamp: $(date -u +%Y-%m-%dT%H:%M:%S)" -H 'Device: Web' -H 'Content-Type: application/json' --data-binary @-)

token=$(jq -r '.access_token // empty' <<<"$response")
if [ -z "$token" ]; then # a rejection may be a 200
  echo "singleviewpayouts: no token, code $(jq -r .errorCode <<<"$response")" >&2
  exit 1
fi
lifetime=$(jq '.expires_in // 0 | tonumber | if . > 0 then . else 3600 end' <<<"$response")

# The emulator's echo API stands for the API that you want to use.
status=$(curl -sS -o /dev/null -w '%{http_code}' "$SINGLEVIEWPAYOUTS_SANDBOX_BASE_URL/echo" -H "$company" \
  -H @- <<<"Authorization: Bearer $token")
echo "singleviewpayouts: a token for $lifetime s, the API responded with $status"
