# Needs the gem in ./sahamatilegacy, made by: openapi-generator-cli generate --skip-validate-spec -g ruby -i sahamatilegacy.yaml -o sahamatilegacy -p gemName=sahamatilegacy
require "json"
require "net/http"
require "sahamatilegacy"

base_url = URI(ENV.fetch("SAHAMATILEGACY_SANDBOX_BASE_URL"))
Sahamatilegacy.configure do |config|
  config.scheme, config.host, config.base_path = base_url.scheme, base_url.authority, base_url.path
  config.username, config.password = ENV.fetch("SAHAMATILEGACY_SANDBOX_ENTITY_ID"), ENV.fetch("SAHAMATILEGACY_SANDBOX_SECRET")
end

begin
  response = Sahamatilegacy::TokenApi.new.request_token("client_credentials", "openid")
rescue Sahamatilegacy::ApiError => error
  raise unless error.response_body # no response
  abort "sahamatilegacy: no token, code #{JSON.parse(error.response_body)["error"]}"
end
lifetime = response.expires_in.to_i.positive? ? response.expires_in : 86400

# The emulator's echo API stands for the API that you want to use.
api_response = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{response.access_token}")
puts "sahamatilegacy: a token for #{lifetime} s, the API responded with #{api_response.code}"
