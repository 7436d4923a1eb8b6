# Needs bash, curl and jq. Secrets go through pipes, as others can see a command line.
set -euo pipefail

response=$(jq -n '{grant_type: "client_credentials", clientID: env.SETUUPI_SANDBOX_CLIENT_ID, secret: env.SETUUPI_SANDBOX_SECRET}' |
  curl -sS "$SETUUPI_SANDBOX_BASE_URL/v1/users/login" -H 'client: bridge' -H 'Content-Type: application/json' --data-binary @-)

token=$(jq -r '.access_token // empty' <<<"$response")
if [ -z "$token" ]; then
  echo "setuupi: no token, code $(jq -r .type <<<"$response")" >&2
  exit 1
fi
# The response has no lifetime: that of a JWT is exp - iat, any other is 300 s.
claims='split(".") | if length == 3 then .[1] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson else {} end'
lifetime=$(jq -R "try ($claims | .exp - .iat) catch 300" <<<"$token")

# The emulator's echo API stands for the API that you want to use.
status=$(curl -sS -o /dev/null -w '%{http_code}' "$SETUUPI_SANDBOX_BASE_URL/echo" -H @- <<<"Authorization: Bearer $token")
echo "setuupi: a token for $lifetime s, the API responded with $status"
