# Needs the gem in ./su, made by: openapi-generator-cli generate --skip-validate-spec -g ruby -i su.yaml -o su -p gemName=su
require "json"
require "net/http"
require "su"

base_url = URI(ENV.fetch("SU_SANDBOX_BASE_URL"))
Su.configure do |config|
  config.scheme, config.host, config.base_path = base_url.scheme, base_url.authority, base_url.path
end

begin
  domain = [ENV.fetch("SU_SANDBOX_CLIENT_ID")].pack("m0") # base64
  # Su spells `data` in two ways, and the typed response has one of them, so read the raw response.
  response = Su::TokenApi.new.generate_access_token(domain, ENV.fetch("SU_SANDBOX_CLIENT_SECRET"), debug_return_type: "Object")
rescue Su::ApiError => error
  raise unless error.response_body # no response
  abort "su: no token, code #{[JSON.parse(error.response_body)["Errors"]].flatten.dig(0, "Code")}"
end
data = response[:data] || response[:Data] or abort "su: no token in the response"
lifetime = data[:expire_in].to_i.positive? ? data[:expire_in].to_i : 3600

# The emulator's echo API stands for the API that you want to use.
api_response = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{data[:token]}")
puts "su: a token for #{lifetime} s, the API responded with #{api_response.code}"
