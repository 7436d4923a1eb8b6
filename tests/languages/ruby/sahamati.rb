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
  reply = Sahamati::TokenApi.new.generate_entity_token(entity, secret)
rescue Sahamati::ApiError => refused
  raise unless refused.response_body # nobody answered
  abort "sahamati: no token, code #{JSON.parse(refused.response_body)["errorCode"]}"
end
life = reply.expires_in.to_i.positive? ? reply.expires_in : 86400

# The emulator's echo API stands for the API that you want.
answer = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{reply.access_token}")
puts "sahamati: a token for #{life} s, the API answered #{answer.code}"
