# Needs the gem in ./setu, made by: openapi-generator-cli generate --skip-validate-spec -g ruby -i setu.yaml -o setu -p gemName=setu
require "json"
require "net/http"
require "setu"

base_url = URI(ENV.fetch("SETU_SANDBOX_BASE_URL"))
Setu.configure do |config|
  config.scheme, config.host, config.base_path = base_url.scheme, base_url.authority, base_url.path
end

begin
  asked = Setu::TokenRequest.new(client_id: ENV.fetch("SETU_SANDBOX_CLIENT_ID"), secret: ENV.fetch("SETU_SANDBOX_SECRET"))
  data = Setu::TokenApi.new.generate_token(asked).data
rescue Setu::ApiError => refused
  raise unless refused.response_body # nobody answered
  abort "setu: no token, code #{JSON.parse(refused.response_body).dig("error", "code")}"
end
life = data.expires_in.to_i.positive? ? data.expires_in : 1800

# The emulator's echo API stands for the API that you want.
answer = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{data.token}")
puts "setu: a token for #{life} s, the API answered #{answer.code}"
