# Needs bash, curl and jq. Secrets go through pipes, as others can see a command line.
set -euo pipefail

# SU_SANDBOX_CLIENT_ID is the domain; the header needs its base64.
response=$(jq -rn '"client-id: \(env.SU_SANDBOX_CLIENT_ID | @base64)\nclient-secret: \(env.SU_SANDBOX_CLIENT_SECRET)"' |
  curl -sS "$SU_SANDBOX_BASE_URL/SUAPI/jservice/auth/generate-access-token" -H @-)

# Su spells `data` in two ways, and `Errors` may be a list or a single error.
token=$(jq -r '(.data // .Data).token // empty' <<<"$response")
if [ -z "$token" ]; then
  echo "su: no token, code $(jq -r '[.Errors] | flatten | .[0].Code' <<<"$response")" >&2
  exit 1
fi
lifetime=$(jq '(.data // .Data).expire_in // 0 | tonumber | if . > 0 then . else 3600 end' <<<"$response")

# The emulator's echo API stands for the API that you want to use.
status=$(curl -sS -o /dev/null -w '%{http_code}' "$SU_SANDBOX_BASE_URL/echo" -H @- <<<"Authorization: Bearer $token")
echo "su: a token for $lifetime s, the API responded with $status"
