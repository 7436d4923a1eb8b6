# Needs the gem in ./singleview, made by: openapi-generator-cli generate --skip-validate-spec -g ruby -i singleview.yaml -o singleview -p gemName=singleview
require "json"
require "net/http"
require "singleview"

base_url = URI(ENV.fetch("SINGLEVIEW_SANDBOX_BASE_URL"))
Singleview.configure do |config|
  config.scheme, config.host, config.base_path = base_url.scheme, base_url.authority, base_url.path
end

begin
  reply = Singleview::TokenApi.new.generate_token(Singleview::TokenRequest.new(
    grant_type: "client_credentials", client_id: ENV.fetch("SINGLEVIEW_SANDBOX_CLIENT_ID"),
    client_code: ENV.fetch("SINGLEVIEW_SANDBOX_CLIENT_CODE"), merchant_id: ENV.fetch("SINGLEVIEW_SANDBOX_MERCHANT_ID")
  ))
rescue Singleview::ApiError => refused
  raise unless refused.response_body # nobody answered
  abort "singleview: no token, code #{JSON.parse(refused.response_body)["errorCode"]}"
end
abort "singleview: no token, code #{reply.error_code}" unless reply.success # a refusal may be a 200
life = reply.payload.expires_in.to_i.positive? ? reply.payload.expires_in.to_i : 3600

# The emulator's echo API stands for the API that you want.
answer = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{reply.payload.access_token}")
puts "singleview: a token for #{life} s, the API answered #{answer.code}"
