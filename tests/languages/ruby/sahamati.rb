# Needs the gem in ./sahamati, made by: openapi-generator-cli generate --skip-validate-spec -g ruby -i sahamati.yaml -o sahamati -p gemName=sahamati
require "json"
require "net/http"
require "sahamati"

base_url = URI(ENV.fetch("SAHAMATI_SANDBOX_BASE_URL"))
Sahamati.configure do |config|
  config.scheme, config.host, config.base_path = base_url.scheme, base_url.authority, base_url.path
end

begin
  entity, secret = ENV.fetch("SAHAMATI_SANDBOX_ENTITY_ID"), ENV.fetch("SAHAMATI_SANDBOX_SECRET")
  response = Sahamati::TokenApi.new.generate_entity_token(entity, secret)
rescue Sahamati::ApiError => error
  raise unless error.response_body # no response
  abort "sahamati: no token, code #{JSON.parse(error.response_body)["errorCode"]}"
end
lifetime = response.expires_in.to_i.positive? ? response.expires_in : 86400

# The emulator's echo API stands for the API that you want to use.
api_response = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{response.access_token}")
puts "sahamati: a token for #{lifetime} s, the API responded with #{api_response.code}"
