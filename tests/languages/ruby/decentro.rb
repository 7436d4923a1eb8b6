# Needs the gem in ./decentro, made by: openapi-generator-cli generate --skip-validate-spec -g ruby -i decentro.yaml -o decentro -p gemName=decentro
require "decentro"
require "json"
require "net/http"

base_url = URI(ENV.fetch("DECENTRO_SANDBOX_BASE_URL"))
token_request = Decentro::TokenRequest.new(
  grant_type: "client_credentials",
  client_id: ENV.fetch("DECENTRO_SANDBOX_CLIENT_ID"), client_secret: ENV.fetch("DECENTRO_SANDBOX_CLIENT_SECRET")
)

# The generated method drops the body of a GET, so net/http sends it; the request and the response stay typed.
request = Net::HTTP::Get.new(URI("#{base_url}/v2/auth/token"), "Content-Type" => "application/json")
request.body = token_request.to_hash.to_json
http_response = Net::HTTP.start(base_url.host, base_url.port, use_ssl: base_url.scheme == "https") { |http| http.request(request) }
unless http_response.is_a?(Net::HTTPOK)
  rejection = Decentro::ErrorResponse.build_from_hash(JSON.parse(http_response.body))
  abort "decentro: no token, code #{rejection.response_key || rejection.response_code}"
end
response = Decentro::TokenResponse.build_from_hash(JSON.parse(http_response.body))
lifetime = response.expires_in.to_i.positive? ? response.expires_in : 900

# The emulator's echo API stands for the API that you want to use.
api_response = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{response.access_token}")
puts "decentro: a token for #{lifetime} s, the API responded with #{api_response.code}"
