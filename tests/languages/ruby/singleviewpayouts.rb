# Needs the gem in ./singleviewpayouts, made by: openapi-generator-cli generate --skip-validate-spec -g ruby -i singleviewpayouts.yaml -o singleviewpayouts -p gemName=singleviewpayouts
require "json"
require "net/http"
require "securerandom"
require "singleviewpayouts"

base_url = URI(ENV.fetch("SINGLEVIEWPAYOUTS_SANDBOX_BASE_URL"))
Singleviewpayouts.configure do |config|
  config.scheme, config.host, config.base_path = base_url.scheme, base_url.authority, base_url.path
end

begin
  company, reference = ENV.fetch("SINGLEVIEWPAYOUTS_SANDBOX_COMPANY_ID"), SecureRandom.hex(8) # 16 letters and digits, new for each request
  time = Time.now.utc.strftime("%Y-%m-%dT%H:%M:%S")
  response = Singleviewpayouts::TokenApi.new.generate_token(company, reference, time, "Web", Singleviewpayouts::TokenRequest.new(
    client_id: ENV.fetch("SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_ID"), client_code: ENV.fetch("SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_CODE"), grant_type: "client_credentials"
  ))
rescue Singleviewpayouts::ApiError => error
  raise unless error.response_body # no response
  abort "singleviewpayouts: no token, code #{JSON.parse(error.response_body)["errorCode"]}"
end
abort "singleviewpayouts: no token, code #{response.error_code}" if response.status == "FAILURE" # a rejection may be a 200
lifetime = response.expires_in.to_i.positive? ? response.expires_in.to_i : 3600

# The emulator's echo API stands for the API that you want to use.
api_response = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{response.access_token}", "CompanyId" => company)
puts "singleviewpayouts: a token for #{lifetime} s, the API responded with #{api_response.code}"
