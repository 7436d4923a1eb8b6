# Needs the gem in ./setubillpay, made by: openapi-generator-cli generate --skip-validate-spec -g ruby -i setubillpay.yaml -o setubillpay -p gemName=setubillpay
require "json"
require "net/http"
require "setubillpay"

base_url = URI(ENV.fetch("SETUBILLPAY_SANDBOX_BASE_URL"))
Setubillpay.configure do |config|
  config.scheme, config.host, config.base_path = base_url.scheme, base_url.authority, base_url.path
end

begin
  token_request = Setubillpay::TokenRequest.new(client_id: ENV.fetch("SETUBILLPAY_SANDBOX_CLIENT_ID"), secret: ENV.fetch("SETUBILLPAY_SANDBOX_SECRET"))
  response = Setubillpay::TokenApi.new.generate_token(token_request)
rescue Setubillpay::ApiError => error
  raise unless error.response_body # no response
  abort "setubillpay: no token, code #{JSON.parse(error.response_body).dig("error", "code")}"
end
lifetime = response.expires_in.to_i.positive? ? response.expires_in : 600

# The emulator's echo API stands for the API that you want to use.
api_response = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{response.token}", "X-PARTNER-ID" => ENV.fetch("SETUBILLPAY_SANDBOX_PARTNER_ID"))
puts "setubillpay: a token for #{lifetime} s, the API responded with #{api_response.code}"
