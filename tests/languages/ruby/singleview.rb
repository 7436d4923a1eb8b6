# Needs the gem in ./singleview, made by: openapi-generator-cli generate --skip-validate-spec -g ruby -i singleview.yaml -o singleview -p gemName=singleview
require "json"
require "net/http"
require "singleview"

base_url = URI(ENV.fetch("SINGLEVIEW_SANDBOX_BASE_URL"))
Singleview.configure do |config|
  config.scheme, config.host, config.base_path = base_url.scheme, base_url.authority, base_url.path
end

begin
  response = Singleview::TokenApi.new.generate_token(Singleview::TokenRequest.new(
    grant_type: "client_credentials", client_id: ENV.fetch("SINGLEVIEW_SANDBOX_CLIENT_ID"),
    client_code: ENV.fetch("SINGLEVIEW_SANDBOX_CLIENT_CODE"), merchant_id: ENV.fetch("SINGLEVIEW_SANDBOX_MERCHANT_ID")
  ))
rescue Singleview::ApiError => error
  raise unless error.response_body # no response
  abort "singleview: no token, code #{JSON.parse(error.response_body)["errorCode"]}"
end
abort "singleview: no token, code #{response.error_code}" unless response.success # a rejection may be a 200
lifetime = response.payload.expires_in.to_i.positive? ? response.payload.expires_in.to_i : 3600

# The emulator's echo API stands for the API that you want to use.
api_response = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{response.payload.access_token}")
puts "singleview: a token for #{lifetime} s, the API responded with #{api_response.code}"
