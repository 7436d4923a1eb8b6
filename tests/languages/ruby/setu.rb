# Needs the gem in ./setu, made by: openapi-generator-cli generate --skip-validate-spec -g ruby -i setu.yaml -o setu -p gemName=setu
require "json"
require "net/http"
require "setu"

base_url = URI(ENV.fetch("SETU_SANDBOX_BASE_URL"))
Setu.configure do |config|
  config.scheme, config.host, config.base_path = base_url.scheme, base_url.authority, base_url.path
end

begin
  token_request = Setu::TokenRequest.new(client_id: ENV.fetch("SETU_SANDBOX_CLIENT_ID"), secret: ENV.fetch("SETU_SANDBOX_SECRET"))
  data = Setu::TokenApi.new.generate_token(token_request).data
rescue Setu::ApiError => error
  raise unless error.response_body # no response
  abort "setu: no token, code #{JSON.parse(error.response_body).dig("error", "code")}"
end
lifetime = data.expires_in.to_i.positive? ? data.expires_in : 1800

# The emulator's echo API stands for the API that you want to use.
api_response = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{data.token}")
puts "setu: a token for #{lifetime} s, the API responded with #{api_response.code}"
