# Needs the gem in ./decentro, made by: openapi-generator-cli generate --skip-validate-spec -g ruby -i decentro.yaml -o decentro -p gemName=decentro
require "decentro"
require "json"
require "net/http"

base_url = URI(ENV.fetch("DECENTRO_SANDBOX_BASE_URL"))
asked = Decentro::TokenRequest.new(
  grant_type: "client_credentials",
  client_id: ENV.fetch("DECENTRO_SANDBOX_CLIENT_ID"), client_secret: ENV.fetch("DECENTRO_SANDBOX_CLIENT_SECRET")
)

# The generated call drops the body of a GET, so net/http sends it; the request and the reply stay typed.
call = Net::HTTP::Get.new(URI("#{base_url}/v2/auth/token"), "Content-Type" => "application/json")
call.body = asked.to_hash.to_json
answer = Net::HTTP.start(base_url.host, base_url.port, use_ssl: base_url.scheme == "https") { |http| http.request(call) }
unless answer.is_a?(Net::HTTPOK)
  refusal = Decentro::ErrorReply.build_from_hash(JSON.parse(answer.body))
  abort "decentro: no token, code #{refusal.response_key || refusal.response_code}"
end
reply = Decentro::TokenReply.build_from_hash(JSON.parse(answer.body))
life = reply.expires_in.to_i.positive? ? reply.expires_in : 900

# The emulator's echo API stands for the API that you want.
answer = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{reply.access_token}")
puts "decentro: a token for #{life} s, the API answered #{answer.code}"
