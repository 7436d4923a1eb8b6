# Needs the gem in ./setuaa, made by: openapi-generator-cli generate --skip-validate-spec -g ruby -i setuaa.yaml -o setuaa -p gemName=setuaa
require "json"
require "net/http"
require "setuaa"

base_url = URI(ENV.fetch("SETUAA_SANDBOX_BASE_URL"))
Setuaa.configure do |config|
  config.scheme, config.host, config.base_path = base_url.scheme, base_url.authority, base_url.path
end

begin
  token = Setuaa::TokenApi.new.log_in("bridge", Setuaa::LoginRequest.new(
    client_id: ENV.fetch("SETUAA_SANDBOX_CLIENT_ID"), secret: ENV.fetch("SETUAA_SANDBOX_SECRET"), grant_type: "client_credentials"
  )).access_token
rescue Setuaa::ApiError => error
  raise unless error.response_body # no response
  abort "setuaa: no token, code #{JSON.parse(error.response_body)["errorCode"]}"
end
# The response has no lifetime: that of a JWT is exp - iat, any other is assumed to be 300 s.
claims = JSON.parse(token.split(".")[1].to_s.tr("-_", "+/").unpack1("m")) rescue {}
lifetime = claims["exp"].to_i - claims["iat"].to_i
lifetime = 300 unless lifetime.positive?

# The emulator's echo API stands for the API that you want to use.
api_response = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{token}")
puts "setuaa: a token for #{lifetime} s, the API responded with #{api_response.code}"
