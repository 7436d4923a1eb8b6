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
  # Su spells `data` in two ways, and the typed reply knows one of them: so take the reply as it came.
  reply = Su::TokenApi.new.generate_access_token(domain, ENV.fetch("SU_SANDBOX_CLIENT_SECRET"), debug_return_type: "Object")
rescue Su::ApiError => refused
  raise unless refused.response_body # nobody answered
  abort "su: no token, code #{[JSON.parse(refused.response_body)["Errors"]].flatten.dig(0, "Code")}"
end
data = reply[:data] || reply[:Data] or abort "su: no token in the reply"
life = data[:expire_in].to_i.positive? ? data[:expire_in].to_i : 3600

# The emulator's echo API stands for the API that you want.
answer = Net::HTTP.get_response(URI("#{base_url}/echo"), "Authorization" => "Bearer #{data[:token]}")
puts "su: a token for #{life} s, the API answered #{answer.code}"
