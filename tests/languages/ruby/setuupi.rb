# Needs the gem in ./setuupi, made by: openapi-generator-cli generate --skip-validate-spec -g ruby -i setuupi.yaml -o setuupi -p gemName=setuupi
require "json"
require "net/http"
require "setuupi"

base_url = URI(ENV.fetch("SETUUPI_SANDBOX_BASE_URL"))
Setuupi.configure do |config|
  config.scheme, config.host, config.base_path = base_url.scheme, base_url.authority, base_url.path
end

begin
  token = Setuupi::TokenApi.new.log_in("bridge", Setuupi::LoginRequest.new(
    client_id: ENV.fetch("SETUUPI_SANDBOX_CLIENT_ID"), secret: ENV.fetch("SETUUPI_SANDBOX_SECRET"), grant_type: "client_credentials"
  )).access_token
rescue Setuupi::ApiError => error
  raise unless error.response_body # no response
  abort "setuupi: no token, code #{JSON.parse(error.response_body)["type"]}"
end
# The response has no lifetime: that of a JWT is exp - iat, any other is 300 s.
claims = JSON.parse(token.split(".")[1].to_s.tr("-_", "+/").unpack1("m")) rescue {}
lifetime = claims["exp"].to_i - claims["iat"].to_i
lifetime = 300 unless lifetime.positive?

# The emulator's echo API stands for the API that you want to use.
api_response = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{token}")
puts "setuupi: a token for #{lifetime} s, the API responded with #{api_response.code}"
